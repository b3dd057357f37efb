"""Events made up for tests: ten fields, of which two decide the label together."""

import lzma
import pathlib
import random


def write(directory: pathlib.Path, counts: dict[str, int]) -> None:
    """Writes files like Frappe's, the training file compressed, the others with CR LF."""
    draws = random.Random(1)
    for part, count in counts.items():
        lines = []
        for _ in range(count):
            values = [draws.randrange(6) for _ in range(10)]
            label = 1 if (values[0] + values[1]) % 3 == 0 else -1
            lines.append(f"{label} " + " ".join(f"{6 * field + value}:1" for field, value in enumerate(values)))
        if part == "train":
            with lzma.open(directory / f"made-up.{part}.libfm.xz", "wt") as file:
                file.write("\n".join(lines) + "\n")
        else:
            (directory / f"made-up.{part}.libfm").write_bytes(("\r\n".join(lines) + "\r\n").encode())
