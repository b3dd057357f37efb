"""The data sets: where their files are, and what the experiments need to know of them."""

import gzip
import hashlib
import lzma
import pathlib
from dataclasses import dataclass

from . import movielens
from .problem import AbsentData, Problem

ENDINGS = (".libfm", ".libfm.xz", ".libfm.gz")
FIELDS = {
    "frappe": ("user", "item", "daytime", "weekday", "isweekend", "homework", "cost", "weather", "country", "city"),
    "movielens": ("user", "movie", "tag"),
}
BATCH = {"frappe": 128, "movielens": 4096}


@dataclass(frozen=True)
class Dataset:
    """Training, validation and test files of libfm lines, one categorical field a position."""

    name: str
    train: str
    validation: str
    test: str
    fields: tuple[str, ...]
    batch: int
    # Distinct features of all three files.
    features: int
    # Of the contents of all three files.
    digest: str

    @property
    def pairs(self) -> int:
        """The feature pairs of an event."""
        return len(self.fields) * (len(self.fields) - 1) // 2

    @property
    def slots(self) -> int:
        """A table with room to spare."""
        slots = 1024
        while slots < 2.5 * self.features:
            slots *= 2
        return slots


def opened(path: str):
    """The lines of a plain, gzip or xz file."""
    open_file = lzma.open if path.endswith(".xz") else gzip.open if path.endswith(".gz") else open
    return open_file(path, "rt", encoding="utf-8")


def events(path: str):
    """The label and the ids of every event of a file."""
    with opened(path) as lines:
        for line in lines:
            label, *entries = line.split("#")[0].split() or [""]
            if label:
                yield float(label), [entry.split(":")[0] for entry in entries]


def parts(directory: pathlib.Path) -> dict[str, str] | None:
    """The three files of a directory whose names say which they are; None where one is missing."""
    found = {}
    for part in ("train", "validation", "test"):
        files = sorted(
            file for file in directory.iterdir() if part in file.name.lower() and file.name.endswith(ENDINGS))
        if len(files) > 1:
            raise Problem(f"{directory} has several files for {part}: {', '.join(file.name for file in files)}")
        if not files:
            return None
        found[part] = str(files[0])
    return found


def load(name: str, directory: str, work: pathlib.Path) -> Dataset:
    """Finds a data set in a directory; MovieLens tags are made into files below `work`, the same every time."""
    if not directory:
        raise AbsentData(f"{name}: no directory was given")
    place = pathlib.Path(directory)
    if not place.is_dir():
        raise Problem(f"{name}: there is no directory {directory}")
    files = parts(place)
    if files is None and name == "movielens":
        files = movielens.prepared(place, work)
    if files is None:
        wanted = "files named train, validation and test" + (", or tags.csv or tags.dat" if name == "movielens" else "")
        raise Problem(f"{name}: {directory} lacks {wanted} (.libfm, plain or .xz)")
    ids: set[str] = set()
    digest = hashlib.sha256()
    for path in files.values():
        digest.update(hashlib.sha256(pathlib.Path(path).read_bytes()).digest())
        for _, entries in events(path):
            if len(entries) != len(FIELDS[name]):
                raise Problem(f"{path}: an event has {len(entries)} entries, and {name} has {len(FIELDS[name])} fields")
            ids.update(f"{place} {entry}" for place, entry in enumerate(entries))
    return Dataset(
        name, files["train"], files["validation"], files["test"], FIELDS[name], BATCH[name], len(ids),
        digest.hexdigest())
