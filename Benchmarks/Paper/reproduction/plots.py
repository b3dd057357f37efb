"""The plots of the experiments, as PNG files."""

import pathlib


def drawn(
    path: pathlib.Path, title: str, across: str, positions: list, lines: list[tuple[str, list[float], str]], up: str,
    is_even: bool = False
) -> None:
    """Draws lines over common positions.

    `lines` are name, heights and style. With `is_even` positions stand at equal distances, whatever their size.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.2, 3.8), dpi=100, layout="constrained")
    places = list(range(len(positions))) if is_even else positions
    for name, heights, style in lines:
        axes.plot(places, heights, style, label=name, linewidth=1.5, markersize=5)
    if is_even:
        axes.set_xticks(places, [f"{position:g}" for position in positions])
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    figure.savefig(path)
    pyplot.close(figure)
