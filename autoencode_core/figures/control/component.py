"""Which component is turned off, as a picture and in words: the accuracy of both choices against T."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.panels import GLYPHS, Panel, level, plot
from autoencode_core.figures.trajectory_table import trajectory_table

Array = NDArray[Any]

LOOKS = ("encoder", "decoder")
"""Roles that the two choices look like, the one that turns off the last component first."""
_HEIGHT = 190
_SAME = 0.02


def component_names(answer: Mapping[str, Any]) -> tuple[str, str]:
    """What the two components are called, as plain text."""
    first, second = (html.unescape(theme.plain(str(name), 24)) for name in answer["columns"])
    return ("x₁", "x₂") if (first, second) == ("x1", "x2") else (first, second)


def component_words(answer: Mapping[str, Any]) -> str:
    """What the comparison says, in a sentence or two.

    Args:
        answer: what analysis.component says.
    """
    names, off = component_names(answer), [int(i) for i in answer["off"]]
    accuracy, chance = [float(value) for value in answer["accuracy"]], float(answer["chance"])
    best = int(np.argmax(accuracy))
    if not np.isfinite(accuracy).all():
        return "A training diverged: there is nothing to compare."
    better, worse = (f"{accuracy[place]:.1%}" for place in (best, 1 - best))
    if abs(accuracy[0] - accuracy[1]) <= _SAME:
        return (
            f"Here it does not matter which component is turned off: {accuracy[0]:.1%} and {accuracy[1]:.1%} "
            "of the test particles are taken for what they are. In its time this flow brings what it needs "
            "into either component; a shorter horizon makes the choice matter."
        )
    beside = " (no better than always naming the larger class)" * (accuracy[1 - best] <= chance)
    return (
        f"With {names[off[best]]} turned off {better} of the test particles are taken for what they are, "
        f"with {names[off[1 - best]]} turned off {worse}{beside}. The flow has only until T/2 to bring what "
        "tells the classes apart into the component that stays; what is turned off cannot help any more."
    )


def horizons_figure(answer: Mapping[str, Any], *, dark: bool = False) -> go.Figure:
    """Accuracy of both choices against the horizon T: every seed a mark, the line joins the means.

    Args:
        answer: what analysis.component_horizons says.
        dark: whether the page is dark.
    """
    accuracy, panel = np.asarray(answer["accuracy"], float), Panel("", (0, 1), (0, 1))
    names, chance = [theme.plain(name) for name in component_names(answer)], float(answer["chance"])
    traces, entries = list[dict[str, Any]](), []
    for place, look in enumerate(LOOKS):
        words, role = f"{names[int(answer['off'][place])]} turned off", theme.ROLES[look]
        traces += _curve(answer, place, role, words, dark)
        entries.append((GLYPHS[role.symbol], role.colour(dark), words))
    line, said = level(panel, chance, "always the larger class", dark)
    times = [float(time) for time in answer["horizons"]]
    log = {"type": "log", "tickvals": times, "ticktext": [f"{time:g}" for time in times]}
    foot = min(chance, float(np.nanmin(accuracy))) - 0.05
    axes = (
        theme.axis(dark, "horizon T (flow time)", **log),
        theme.axis(dark, tickformat=".0%", range=[foot, 1.03]),
    )
    unit, beside = f"of {int(answer['tested'])} test particles", {"annotations": [said], "shapes": [line]}
    return plot(dark, "Accuracy", unit, traces, [entries], axes, _HEIGHT, 1, **beside)


def _curve(answer: Mapping[str, Any], place: int, role: theme.Role, words: str, dark: bool) -> list[Any]:
    """The mean over the seeds as a line, every seed as a mark."""
    times, seeds = np.asarray(answer["horizons"], float), answer["seeds"]
    table, colour = np.asarray(answer["accuracy"], float)[place], role.colour(dark)
    line = {"color": colour, "width": theme.LINE, "dash": role.dash}
    spots = [(time, seed) for time in times for seed in seeds]
    return [
        {"x": times, "y": table.mean(axis=1), "mode": "lines", "line": line, "hoverinfo": "skip"},
        {
            "x": [time for time, _ in spots],
            "y": table.ravel(),
            "mode": "markers",
            "marker": {"symbol": role.symbol, "color": colour, "size": theme.MARKER, "opacity": 0.8},
            "hovertext": [
                f"T = {time:g}, seed {seed}: {value:.1%}<br>{words}"
                for (time, seed), value in zip(spots, table.ravel(), strict=True)
            ],
            "hoverinfo": "text",
        },
    ]


def choices_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """Both flows as columns: component turned off, particle, time, its state, class and predicted class.

    Args:
        answer: what analysis.component says.
    """
    names, frames = component_names(answer), len(np.asarray(answer["times"]))
    tables = []
    for place, off in enumerate(answer["off"]):
        ways = trajectory_table(answer["times"], {"x": answer["states"][place]})
        classes = {"class": answer["labels"], "predicted": answer["predicted"][place]}
        told = {name: np.tile(np.asarray(answer["names"])[each], frames) for name, each in classes.items()}
        tables.append({"turned_off": np.full(len(ways["time"]), names[int(off)]), **ways, **told})
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def horizons_table(answer: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """The same as columns: horizon, seed, the component turned off, accuracy."""
    accuracy, names = np.asarray(answer["accuracy"], float), component_names(answer)
    places, times, seeds = np.meshgrid(
        np.arange(2), np.asarray(answer["horizons"], float), np.asarray(answer["seeds"]), indexing="ij"
    )
    return {
        "horizon": times.ravel().tolist(),
        "seed": seeds.ravel().tolist(),
        "turned_off": [names[int(answer["off"][place])] for place in places.ravel()],
        "accuracy": accuracy.ravel().tolist(),
    }
