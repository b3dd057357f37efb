"""Table 2: how large our models are and how well they do on the test, beside what the paper reports."""

import statistics

from . import published
from .datasets import Dataset
from .laboratory import Laboratory
from .plan import Plan
from .setting import Setting

HEADER = ["model", "embedding size", "parameters", "test RMSE", "least", "greatest", "seeds", "source"]


def parameters(setting: Setting, dataset: Dataset) -> int:
    """The numbers that a model learns on a data set: w0, w, v, p, W, b and h, as far as it has them."""
    count = 1 + dataset.features
    if setting.kind == "linear":
        return count
    k, t = setting.embedding_size, setting.attention_size
    count += dataset.features * k
    count += k if setting.output_weights == "trainable" else 0
    return count + (t * k + 2 * t if setting.kind == "afm" else 0)


def seeded(setting: Setting, seed: int) -> Setting:
    """The setting for another seed, judged by the test at the end; so is what it starts from, a fit of its own row."""
    start = seeded(setting.start, seed) if setting.start else None
    return setting.with_(seed=seed, start=start, reads_test=True)


def rows(laboratory: Laboratory, plan: Plan, finals: list[tuple[str, Setting]]) -> list[list]:
    """Our rows, each with the test errors of all seeds, and the paper's below them."""
    settings = [
        [seeded(setting, seed) for seed in (plan.seeds if setting.kind != "linear" else plan.seeds[:1])]
        for _, setting in finals
    ]
    laboratory.all([setting for family in settings for setting in family])
    found = []
    for (name, setting), family in zip(finals, settings):
        errors = [report["test"]["loss"] for report in laboratory.all(family)]
        found.append([
            name, setting.embedding_size if setting.kind != "linear" else None, parameters(setting, laboratory.dataset),
            statistics.mean(errors), min(errors), max(errors), len(errors), "measured here"])
    for name, millions, figure in published.ROWS[laboratory.dataset.name]:
        found.append([name, 256, round(millions * 1e6), figure, None, None, None, "the paper"])
    return found
