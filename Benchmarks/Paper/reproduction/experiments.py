"""All experiments on one data set, one after the other, and what is written of them."""

import pathlib
import time

from . import figures, microanalysis, models, plots, table
from .laboratory import Laboratory
from .plan import Plan

ERROR = "validation RMSE"


class Experiments:
    """Runs everything and writes CSV files, plots and a summary into a directory."""

    def __init__(self, laboratory: Laboratory, plan: Plan, directory: pathlib.Path):
        self.laboratory = laboratory
        self.plan = plan
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.summary: list[str] = []

    def run(self) -> None:
        """From Figure 2, which chooses dropout, to Table 2."""
        begun = time.monotonic()
        data, k = self.laboratory.dataset, self.plan.embedding_size
        self.say(f"{data.name}: {data.features} features in {len(data.fields)} fields, embeddings of {k}\n")

        rows, attention, machine = figures.dropout(self.laboratory, self.plan)
        self.write("figure2", "Figure 2: dropout, lambda 0", ["dropout", "AFM", "FM"], rows)
        self.draw("figure2", "Dropout", "dropout", rows, [("AFM", 1, "o-"), ("FM", 2, "s--")])

        rows, attention = figures.penalty(self.laboratory, self.plan, attention, machine)
        self.write("figure3", "Figure 3: lambda, at the best dropout", ["lambda", "AFM", "best FM"], rows)
        styles = [("AFM", 1, "o-"), ("best FM", 2, "--")]
        self.draw("figure3", "L2 on the attention network", "lambda", rows, styles, is_even=True)

        rows, attention = figures.attention_size(self.laboratory, self.plan, attention, machine)
        self.write(
            "figure4", "Figure 4: attention size, lambda tuned for each",
            ["attention size", "best lambda", "AFM", "best FM"], rows)
        styles = [("AFM", 2, "o-"), ("best FM", 3, "--")]
        self.draw("figure4", "Attention size", "attention size", rows, styles, is_even=True)

        rows, attention = figures.together(self.laboratory, self.plan, attention)
        title = f"Dropout and lambda together, attention size {attention.attention_size}, after the best so far"
        self.write("together", title, ["dropout", "lambda", "AFM"], rows)

        rows = figures.epochs(self.laboratory, self.plan, attention, machine)
        header = ["epoch", "AFM training", "AFM test", "FM training", "FM test"]
        self.write("figure5", "Figure 5: training and test error after every epoch", header, rows)
        styles = list(zip(header[1:], range(1, 5), ("b--", "b-", "r--", "r-")))
        self.draw("figure5", "Training and test error", "epoch", rows, styles, up="RMSE")

        outcome = microanalysis.run(self.laboratory, self.plan, machine)
        self.write(
            "microanalysis", "Attention learned over fixed embeddings", ["model", "validation RMSE", "test RMSE"],
            outcome.rows)
        self.say(f"Attention takes away {100 * outcome.gain:.1f} % of the test error (the paper: about 3 %).\n")
        header, rows, text = microanalysis.examples(self.laboratory, outcome)
        table.write(self.directory / "table1.csv", header, rows)
        self.say("Table 1: three positives of the test, weight * interaction of pairs\n\n" + "\n".join(text) + "\n")

        finals = [
            ("linear", self.plan.linear()), ("FM", machine), ("AFM, random start", self.plan.fresh(attention)),
            ("AFM, started from FM", attention)]
        self.write(
            "table2", "Table 2: models", models.HEADER, models.rows(self.laboratory, self.plan, finals))
        self.say(f"{self.laboratory.finished} fits, {(time.monotonic() - begun) / 60:.0f} minutes\n")

    def write(self, name: str, title: str, header: list[str], rows: list[list]) -> None:
        """A table as a file, and for people."""
        table.write(self.directory / f"{name}.csv", header, rows)
        self.say(f"{title}\n\n{table.text(header, rows)}")

    def draw(self, name, title, across, rows, lines, is_even=False, up=ERROR) -> None:
        """A plot of columns of rows over the first."""
        drawn = [(label, [row[column] for row in rows], style) for label, column, style in lines]
        plots.drawn(
            self.directory / f"{name}.png", f"{title} ({self.laboratory.dataset.name}, k = {self.plan.embedding_size})",
            across, [row[0] for row in rows], drawn, up, is_even)

    def say(self, text: str) -> None:
        """Prints, and keeps the summary whole at any time."""
        print("\n" + text, flush=True)
        self.summary.append(text)
        (self.directory / "summary.txt").write_text("\n".join(self.summary), encoding="utf-8")
