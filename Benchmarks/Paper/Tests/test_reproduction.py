"""Data sets, settings, tables; and all experiments, tiny, on made-up data with the real programs."""

import contextlib
import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

import reproduce
from reproduction import datasets, models, table
from reproduction.plan import Plan
from reproduction.problem import Problem
from reproduction.setting import Setting

from . import made_up

PROGRAMS = os.environ.get("AFM_PROGRAMS", "")


class DatasetTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.place = pathlib.Path(self.folder.name)
        made_up.write(self.place, {"train": 300, "validation": 60, "test": 60})

    def test_finds_files_by_their_names_and_counts_features(self):
        dataset = datasets.load("frappe", self.folder.name, self.place)
        self.assertTrue(dataset.train.endswith("made-up.train.libfm.xz"))
        self.assertEqual((dataset.features, dataset.pairs, dataset.batch, dataset.slots), (60, 45, 128, 1024))

    def test_refuses_two_files_for_one_part_and_events_of_another_shape(self):
        (self.place / "other.train.libfm").write_text("1 1:1\n")
        with self.assertRaisesRegex(Problem, "several files"):
            datasets.load("frappe", self.folder.name, self.place)
        (self.place / "made-up.train.libfm.xz").unlink()
        with self.assertRaisesRegex(Problem, "10 fields"):
            datasets.load("frappe", self.folder.name, self.place)

    def test_tells_fits_apart(self):
        dataset = datasets.load("frappe", self.folder.name, self.place)
        setting = Setting("afm", 8)
        prints = {
            setting.fingerprint(dataset, "a"), setting.fingerprint(dataset, "b"),
            setting.with_(seed=2).fingerprint(dataset, "a"),
            setting.with_(start=Setting("fm", 8)).fingerprint(dataset, "a")}
        with open(dataset.test, "a", encoding="utf-8") as file:
            file.write("1 " + " ".join(f"{6 * field}:1" for field in range(10)) + "\n")
        prints.add(setting.fingerprint(datasets.load("frappe", self.folder.name, self.place), "a"))
        self.assertEqual(len(prints), 5)

    def test_counts_the_parameters_of_the_paper(self):
        dataset = datasets.Dataset("frappe", "", "", "", datasets.FIELDS["frappe"], 128, 5382, "")
        self.assertEqual(models.parameters(Setting("linear", 256), dataset), 5383)
        self.assertEqual(round(models.parameters(Setting("fm", 256), dataset) / 1e6, 2), 1.38)
        # The published 1.45 million are those of an attention network as wide as the embeddings.
        self.assertEqual(round(models.parameters(Setting("afm", 256, attention_size=256), dataset) / 1e6, 2), 1.45)

    def test_aligns_tables(self):
        text = table.text(["model", "n"], [["a", 1.0], ["bcdefg", None]])
        self.assertEqual(text, "model   n\na       1.0000\nbcdefg  -\n")


class ReproduceTests(unittest.TestCase):
    def run_in(self, place: pathlib.Path, *words: str) -> str:
        said = io.StringIO()
        arguments = ["reproduce", "--programs", PROGRAMS or "nowhere", "--output", str(place / "out"), *words]
        with mock.patch("sys.argv", arguments), contextlib.redirect_stdout(said):
            self.assertEqual(reproduce.main(), 0)
        return said.getvalue()

    def test_skips_what_is_absent(self):
        with tempfile.TemporaryDirectory() as folder:
            said = self.run_in(pathlib.Path(folder))
            self.assertIn("skipped: frappe", said)
            self.assertIn("MOVIELENS=DIR", said)
            with self.assertRaisesRegex(Problem, "no directory"):
                self.run_in(pathlib.Path(folder), "--frappe", folder + "/misspelt")

    @unittest.skipUnless(PROGRAMS, "AFM_PROGRAMS must name the directory of afmd and afmctl")
    def test_runs_every_experiment(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            made_up.write(place, {"train": 400, "validation": 100, "test": 100})
            said = self.run_in(place, "--frappe", folder, "--smoke")
            out = place / "out" / "frappe"
            for name in ("figure2", "figure3", "figure4", "figure5"):
                self.assertEqual((out / f"{name}.png").read_bytes()[1:4], b"PNG")
            for name, count in (("figure2", 2), ("figure5", 2), ("microanalysis", 2), ("table1", 135), ("table2", 9)):
                with open(out / f"{name}.csv", newline="") as file:
                    self.assertEqual(len(list(csv.reader(file))), count + 1, name)
            self.assertIn("Example 3", said)
            # What was fitted is not fitted again.
            fits = {path: path.stat().st_mtime_ns for path in (place / "out" / "fits").glob("*/report.json")}
            self.assertGreater(len(fits), 8)
            self.run_in(place, "--frappe", folder, "--smoke")
            self.assertEqual(fits, {path: path.stat().st_mtime_ns for path in fits})

    @unittest.skipUnless(PROGRAMS, "AFM_PROGRAMS must name the directory of afmd and afmctl")
    def test_runs_on_tags(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            rows = "".join(f"{n % 7},{n % 11},tag {n % 13},0\n" for n in range(300))
            (place / "tags.csv").write_text("userId,movieId,tag,timestamp\n" + rows)
            said = self.run_in(place, "--movielens", folder, "--smoke")
            self.assertIn("movielens: 31 features in 3 fields", said)
            self.assertIn("0.4325", said)
            self.assertEqual(len((place / "out" / "movielens" / "table1.csv").read_text().splitlines()), 1 + 3 * 3)

    @unittest.skipUnless(PROGRAMS, "AFM_PROGRAMS must name the directory of afmd and afmctl")
    def test_the_settings_that_the_docs_quote_are_those_of_the_plan(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            made_up.write(place, {"train": 200, "validation": 60, "test": 60})
            dataset = datasets.load("frappe", folder, place)
            plan = Plan(embedding_size=8)
            machine = plan.machine(dropout=0.6)
            planned = [machine, plan.attention(machine, dropout=0.3, projection_penalty=16)]
            for kind, setting in zip(("fm", "afm"), planned):
                settings = place / "planned.yaml"
                settings.write_text(setting.document(dataset, str(place / "state"), str(place)))
                quoted = pathlib.Path(reproduce.__file__).parent / f"frappe-{kind}.yaml"
                losses = []
                for name, path in (("planned", settings), ("quoted", quoted)):
                    words = [
                        f"{PROGRAMS}/afmctl", "fit", "-c", str(path), "-f", dataset.train, "--batch", "128",
                        "--epochs", "2", "-o", str(place / f"{kind}-{name}"), "--json"]
                    if kind == "afm":
                        words += ["--start-from", str(place / f"fm-{name}")]
                    fitted = subprocess.run(words, capture_output=True, text=True, env={"K": "8"})
                    self.assertEqual(fitted.returncode, 0, fitted.stderr)
                    losses.append([epoch["training"]["loss"] for epoch in json.loads(fitted.stdout)["epochs"]])
                self.assertEqual(losses[0], losses[1])
