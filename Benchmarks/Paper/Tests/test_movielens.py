"""The MovieLens reader and the protocol of negatives, on small files made up here."""

import pathlib
import tempfile
import unittest

from reproduction import datasets, movielens
from reproduction.problem import AbsentData, Problem

CSV = (
    "userId,movieId,tag,timestamp\n"
    "1,10,funny,1\n"
    '1,10,"slow, but good",2\n'
    "1,10,funny,3\n"
    "2,10,dark,4\n"
    '2,20,"so-called ""art""",5\n'
    "3,30,funny,6\n"
    "3,20,space: 1999,7\n"
)
DAT = "1::10::funny::1\n2::20::a::b::2\n3::10::dark::3\n4::30::slow::4\n"


class MovieLensTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.place = pathlib.Path(self.folder.name)

    def given(self, name: str, text: str) -> pathlib.Path:
        path = self.place / name
        path.write_text(text, encoding="utf-8")
        return path

    def test_reads_both_forms_each_tag_once(self):
        triples = movielens.read(self.given("tags.csv", CSV))
        self.assertEqual(len(triples), 6)
        self.assertIn(("1", "10", "slow, but good"), triples)
        self.assertIn(("2", "20", 'so-called "art"'), triples)
        self.assertEqual(movielens.read(self.given("tags.dat", DAT))[1], ("2", "20", "a::b"))

    def test_says_what_is_wrong_with_a_file(self):
        for name, text in (("tags.csv", "user,movie\n1,2\n"), ("tags.dat", "1::2\n")):
            with self.assertRaisesRegex(Problem, name):
                movielens.read(self.given(name, text))

    def test_pairs_each_tag_with_two_that_the_user_did_not_give(self):
        triples = movielens.read(self.given("tags.csv", CSV))
        lines = movielens.instances(triples, seed=1)
        self.assertEqual(lines, movielens.instances(triples, seed=1))
        self.assertNotEqual(lines, movielens.instances(triples, seed=2))
        self.assertEqual(len(lines), 3 * len(triples))
        events = [line.split() for line in lines]
        given = {tuple(entries) for label, *entries in events if label == "1"}
        taken = {tuple(entries) for label, *entries in events if label == "-1"}
        self.assertEqual(len(given), len(triples))
        self.assertFalse(given & taken)
        for user, film, _ in given:
            positives = sum(entries[:2] == (user, film) for entries in given)
            negatives = sum(label == "-1" and entries[:2] == [user, film] for label, *entries in events)
            self.assertEqual(negatives, 2 * positives)
        # Ids of the three columns do not meet.
        columns = [{event[column] for event in events} for column in (1, 2, 3)]
        self.assertEqual(len(set.union(*columns)), sum(map(len, columns)))

    def test_refuses_where_there_are_too_few_tags(self):
        with self.assertRaisesRegex(Problem, "others are needed"):
            movielens.instances([("1", "1", "a"), ("1", "1", "b"), ("2", "1", "c")], seed=1)

    def test_splits_into_three_files(self):
        rows = "".join(f"{n % 7},{n % 11},tag {n % 13},0\n" for n in range(500))
        self.given("tags.csv", "userId,movieId,tag,timestamp\n" + rows)
        dataset = datasets.load("movielens", self.folder.name, self.place / "work")
        counts = [sum(1 for _ in datasets.events(path)) for path in (dataset.train, dataset.validation, dataset.test)]
        self.assertEqual(counts, [1050, 300, 150])
        self.assertEqual((dataset.features, dataset.pairs, dataset.batch), (7 + 11 + 13, 3, 4096))

    def test_says_where_the_data_is_absent(self):
        with self.assertRaises(AbsentData):
            datasets.load("movielens", "", self.place / "work")
        for directory in (str(self.place), str(self.place / "nowhere")):
            with self.assertRaisesRegex(Problem, directory):
                datasets.load("movielens", directory, self.place / "work")
