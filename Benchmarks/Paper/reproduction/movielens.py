"""MovieLens tags by the paper's protocol: who gave which film which tag, two drawn tags for each, split 70/20/10."""

import csv
import pathlib
import random

from .problem import Problem

# Negatives for each tag that was given, and the shares of training and validation; the test has the rest.
NEGATIVES = 2
SHARES = (0.7, 0.2)


def prepared(directory: pathlib.Path, work: pathlib.Path, seed: int = 1) -> dict[str, str] | None:
    """The three files, made below `work` from the tags of a MovieLens download; None where there are none."""
    tags = next((directory / name for name in ("tags.csv", "tags.dat") if (directory / name).is_file()), None)
    if tags is None:
        return None
    work.mkdir(parents=True, exist_ok=True)
    files = {part: work / f"movielens.{part}.libfm" for part in ("train", "validation", "test")}
    lines = instances(read(tags), seed)
    ends = [round(share * len(lines)) for share in (SHARES[0], sum(SHARES), 1)]
    for path, first, end in zip(files.values(), [0] + ends, ends):
        path.write_text("".join(lines[first:end]), encoding="utf-8")
    return {part: str(path) for part, path in files.items()}


def read(path: pathlib.Path) -> list[tuple[str, str, str]]:
    """User, film and tag of every line: `tags.csv` with a header, or `tags.dat` with `::` between."""
    with open(path, encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            rows = list(csv.DictReader(file))
            missing = {"userId", "movieId", "tag"} - set(rows[0] if rows else ())
            if missing:
                raise Problem(f"{path} lacks the columns {', '.join(sorted(missing))}")
            triples = [(row["userId"], row["movieId"], row["tag"]) for row in rows]
        else:
            triples = []
            for number, line in enumerate(file, start=1):
                # A tag may hold the separator, the other columns do not.
                head, _, _ = line.rstrip("\r\n").rpartition("::")
                user, _, rest = head.partition("::")
                film, _, tag = rest.partition("::")
                if not (user and film and tag):
                    raise Problem(f"{path}, line {number}: it is not user::movie::tag::time")
                triples.append((user, film, tag))
    return list(dict.fromkeys(triples))


def instances(triples: list[tuple[str, str, str]], seed: int) -> list[str]:
    """A line of libfm for every tag given and for each of its negatives, in a drawn order.

    A negative has another tag: any that the user did not give to that film, each as likely. Ids count users, films and
    tags one after the other, so that no id means two things.
    """
    draws = random.Random(seed)
    columns = [list(dict.fromkeys(triple[column] for triple in triples)) for column in range(3)]
    ids: list[dict[str, int]] = []
    first = 0
    for values in columns:
        ids.append({value: first + place for place, value in enumerate(values)})
        first += len(values)
    given: dict[tuple[str, str], set[str]] = {}
    for user, film, tag in triples:
        given.setdefault((user, film), set()).add(tag)
    tags = columns[2]
    lines = []
    for user, film, tag in triples:
        taken = given[user, film]
        if len(tags) - len(taken) < NEGATIVES:
            raise Problem(f"user {user} gave film {film} nearly all tags there are; {NEGATIVES} others are needed")
        chosen = [(1, tag)]
        while len(chosen) <= NEGATIVES:
            other = tags[draws.randrange(len(tags))]
            if other not in taken and all(other != earlier for _, earlier in chosen):
                chosen.append((-1, other))
        lines += [f"{label} {ids[0][user]}:1 {ids[1][film]}:1 {ids[2][word]}:1\n" for label, word in chosen]
    draws.shuffle(lines)
    return lines
