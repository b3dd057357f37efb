"""Tables: CSV files for programs, aligned columns for people."""

import csv
import pathlib

SETTINGS = ("dropout", "lambda", "best lambda")


def write(path: pathlib.Path, header: list[str], rows: list[list]) -> None:
    """Writes a CSV file."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])


def text(header: list[str], rows: list[list]) -> str:
    """Columns under their names: words to the left, numbers to the right."""
    cells = [header] + [[spelled(cell, name) for cell, name in zip(row, header)] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for number, row in enumerate(cells):
        is_number = [number > 0 and isinstance(rows[number - 1][column], (int, float)) for column in range(len(row))]
        padded = [
            cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, is_number)]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines) + "\n"


def spelled(cell, name: str) -> str:
    """A cell of a column as people read it: an error with four digits, a setting as it was given."""
    if cell is None:
        return "-"
    if name in SETTINGS:
        return f"{cell:g}"
    return f"{cell:.4f}" if isinstance(cell, float) else str(cell)
