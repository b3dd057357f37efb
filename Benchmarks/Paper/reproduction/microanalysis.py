"""The micro-analysis: attention learned over the fixed embeddings of a factorization machine, from equal weights on.

The model of kind afm starts from the machine with scale `pairs`, in which equal weights are that machine; W is drawn
so small that its weights are equal to some digits. What it gains, it gains by weighing pairs alone.
"""

from dataclasses import dataclass

from .daemon import Daemon
from .datasets import events
from .laboratory import Laboratory, error
from .plan import Plan
from .setting import Setting

# Where the three examples stand among the positives of the test, ordered by what attention adds to their score.
PLACES = (0.5, 0.75, 0.95)


@dataclass
class Outcome:
    """The machine and the attention over it, with their errors before and after."""

    machine: Setting
    attention: Setting
    validation: tuple[float, float]
    test: tuple[float, float]

    @property
    def gain(self) -> float:
        """The share of the test error that attention takes away."""
        return 1 - self.test[1] / self.test[0]

    @property
    def rows(self) -> list[list]:
        """The two models with their errors."""
        names = ("FM", "FM with attention over its embeddings")
        return [list(row) for row in zip(names, self.validation, self.test)]


def run(laboratory: Laboratory, plan: Plan, machine: Setting) -> Outcome:
    """Fits the attention alone, with the best of some lambdas."""
    machine = machine.with_(reads_test=True)
    candidates = [
        plan.attention(
            machine, attention_scale="pairs", attention_initial_scale=0.01, projection_penalty=penalty,
            attention_alone=True)
        for penalty in (0,) + plan.penalties_for_sizes
    ]
    best = laboratory.best(candidates).with_(reads_test=True)
    reports = laboratory.all([machine, best])
    return Outcome(
        machine, best, tuple(error(report) for report in reports), tuple(report["test"]["loss"] for report in reports))


def examples(laboratory: Laboratory, outcome: Outcome) -> tuple[list[str], list[list], list[str]]:
    """Like the paper's Table 1: for three positives of the test the score of both models and, for each pair, weight
    times interaction. Header and rows of all pairs, and a text with the pairs that count most."""
    data = laboratory.dataset
    instances = [
        {field: int(entry) for field, entry in zip(data.fields, entries)}
        for label, entries in events(data.test) if label > 0]
    explained: list[list[dict]] = []
    with Daemon(laboratory, outcome.machine) as daemon:
        before = daemon.scores(instances)
        with Daemon(laboratory, outcome.attention) as attentive:
            gains = [after - score for after, score in zip(attentive.scores(instances), before)]
            order = sorted(range(len(gains)), key=lambda place: (gains[place], place))
            chosen = [order[int(place * (len(order) - 1))] for place in PLACES]
            explained = [
                [model.explanation(instances[place]) for model in (daemon, attentive)] for place in chosen]
    rows: list[list] = []
    text: list[str] = []
    for number, (plain, attended) in enumerate(explained, start=1):
        pairs = described(plain, attended, number)
        rows += pairs
        text += spoken(plain, attended, pairs, number)
    return ["example", "pair", "interaction", "equal weight", "attention weight"], rows, text


def described(plain: dict, attended: dict, number: int) -> list[list]:
    """A row for each pair of an example: the interaction both models share, and the weight it has in each."""
    equal = 1 / max(1, len(attended["pairs"]))
    terms = attended["terms"]
    rows = []
    for pair, attended_pair in zip(plain["pairs"], attended["pairs"]):
        names = " x ".join(terms[attended_pair[side]]["field"] for side in ("a", "b"))
        # In scale `pairs` the term is the number of pairs times weight times interaction: this is all but the weight.
        rows.append([number, names, pair["term"] / equal, equal, attended_pair["attention"]])
    return rows


def spoken(plain: dict, attended: dict, pairs: list[list], number: int) -> list[str]:
    """The example in words, with the five pairs whose part of the score changes most."""
    scores = f"{plain['score']:.2f} with equal weights, {attended['score']:.2f} with attention"
    lines = [f"Example {number}, label 1: {scores}"]
    changing = sorted(pairs, key=lambda row: -abs((row[4] - row[3]) * row[2]))[:5]
    for _, names, interaction, equal, weight in changing:
        lines.append(f"  {names:<24} {equal:.3f} * {interaction:+7.2f}   becomes   {weight:.3f} * {interaction:+7.2f}")
    return lines
