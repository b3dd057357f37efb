"""The paper's Figures 2 to 5: what is fitted, and the rows that the plots are drawn from."""

from .laboratory import Laboratory, error
from .plan import Plan
from .setting import Setting

# What seeds alone make of the validation error, about.
NOISE = 0.001


def dropout(laboratory: Laboratory, plan: Plan) -> tuple[list[list], Setting, Setting]:
    """Figure 2: validation error by dropout, lambda 0. Rows, and the best AFM and FM.

    Each AFM starts from the best FM.
    """
    machines = [plan.machine(dropout=rate) for rate in plan.dropouts]
    machine = laboratory.best(machines)
    attention = [plan.attention(machine, dropout=rate) for rate in plan.dropouts]
    rows = [
        [rate, *map(error, reports)]
        for rate, *reports in zip(plan.dropouts, laboratory.all(attention), laboratory.all(machines))]
    return rows, laboratory.best(attention), machine


def penalty(laboratory: Laboratory, plan: Plan, attention: Setting, machine: Setting) -> tuple[list[list], Setting]:
    """Figure 3: validation error by lambda, at the best dropout, beside the best FM. Rows, and the best AFM."""
    settings = [attention.with_(projection_penalty=penalty) for penalty in plan.penalties]
    level = error(laboratory.begin(machine).result())
    reports = laboratory.all(settings)
    rows = [[setting.projection_penalty, error(report), level] for setting, report in zip(settings, reports)]
    return rows, laboratory.best(settings)


def attention_size(
    laboratory: Laboratory, plan: Plan, attention: Setting, machine: Setting
) -> tuple[list[list], Setting]:
    """Figure 4: validation error by attention size, the best of some lambdas for each.

    Rows, and the smallest AFM that is as good as the best but for noise.
    """
    level = error(laboratory.begin(machine).result())
    # The largest take longest: they begin first, so that no core is idle at the end.
    families = {
        size: [attention.with_(attention_size=size, projection_penalty=penalty) for penalty in plan.penalties_for_sizes]
        for size in sorted(plan.attention_sizes, reverse=True)
    }
    # What Figure 3 found stays in the race.
    family = families.setdefault(attention.attention_size, [])
    family += [attention] if attention not in family else []
    laboratory.all([setting for family in families.values() for setting in family])
    bests = [laboratory.best(families[size]) for size in sorted(families)]
    errors = list(map(error, laboratory.all(bests)))
    rows = [
        [best.attention_size, best.projection_penalty, found, level] for best, found in zip(bests, errors)]
    return rows, next(best for best, found in zip(bests, errors) if found <= min(errors) + NOISE)


def together(laboratory: Laboratory, plan: Plan, attention: Setting) -> tuple[list[list], Setting]:
    """Validation error by dropout and lambda together, beside the AFM tuned so far. Rows, and the best AFM of all."""
    grid = [
        attention.with_(dropout=rate, projection_penalty=penalty)
        for rate in plan.dropouts_together for penalty in plan.penalties_together]
    settings = [attention] + [setting for setting in grid if setting != attention]
    rows = [
        [setting.dropout, setting.projection_penalty, error(report)]
        for setting, report in zip(settings, laboratory.all(settings))]
    return rows, laboratory.best(settings)


def epochs(laboratory: Laboratory, plan: Plan, attention: Setting, machine: Setting) -> list[list]:
    """Figure 5: the training and the test error after every epoch, without an early end and from random embeddings."""
    shown = [
        setting.with_(epochs=plan.epochs_shown, patience=None, judges_epochs=True)
        for setting in (plan.fresh(attention), machine)]
    reports = laboratory.all(shown)
    rows = []
    for after_attention, after_machine in zip(*(report["epochs"] for report in reports)):
        row = [after_attention["epoch"]]
        for report in (after_attention, after_machine):
            row += [judged["summary"]["loss"] for judged in report["judged"]]
        rows.append(row)
    return rows
