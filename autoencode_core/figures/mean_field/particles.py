"""The mean-field limit as pictures: cost, gap, distances and W_1 against N, with the fitted rates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.numbers import minus
from autoencode_core.figures.panels import GLYPHS, Entry, plot
from autoencode_core.questions.mean_field import Particles, Quantity
from autoencode_core.words import measured

Array = NDArray[Any]

LIMIT = -0.5
"""The exponent of the law of large numbers."""
_HEIGHT, _ASIDE = 256, 0.06
_TICKS = 5
_KEY_LINES = 5
"""Lines of the longest key: figures beside each other are equally tall."""
_DEEP = 30.0
"""A mark that lies so many times below the smallest mean of its figure stands at the foot."""
_FAINT = 0.55
"""Opacity of what did not converge; its mark is crossed out besides."""


Plot = Literal["cost", "gap", "distance", "wasserstein"]
"""What is drawn against N."""
Drawn = Literal[Quantity, "train_cost", "fresh_cost"]
"""Its quantities; those of the costs have no rate."""


@dataclass(frozen=True)
class Curve:
    """One quantity of PARTICLES: its name there, whose look it has, and its words."""

    name: Drawn
    role: str
    words: str


@dataclass(frozen=True)
class Picture:
    """One figure: its heading, what stands beside that, and its curves."""

    title: str
    unit: str
    curves: tuple[Curve, ...]


PLOTS: Mapping[Plot, Picture] = {
    "cost": Picture(
        "Cost J",
        "flow coordinates",
        (
            Curve("train_cost", "train", "on the N particles"),
            Curve("fresh_cost", "test", "on fresh particles"),
        ),
    ),
    "gap": Picture(
        "Gap",
        "|fresh less train|",
        (
            Curve("gap", "train", "of the control trained on N"),
            Curve("fixed_gap", "test", "of one control, θ<sub>ref</sub>"),
        ),
    ),
    "distance": Picture(
        "Distance to the largest N",
        "",
        (
            Curve("map_distance", "train", "outputs, share of the spread"),
            Curve("control_distance", "test", "controls, L²(0,T)"),
        ),
    ),
    "wasserstein": Picture(
        "Distance of the samples",
        "flow coordinates",
        (
            Curve("exact_wasserstein", "train", "exact W₁ to N fresh ones"),
            Curve("sliced_wasserstein", "test", ""),
        ),
    ),
}
"""The figures by name, from the cost to what bounds its gap."""


class Rate(NamedTuple):
    """The rate of a quantity: its line (4,), the N that it is fitted to (c,), and the sound values (c, s)."""

    line: Array
    fitted: Array
    converged: Array


def rates(answer: Particles) -> dict[Drawn, Rate]:
    """The rates by quantity.

    Args:
        answer: of PARTICLES.
    """
    return {
        "gap": Rate(answer["gap_rate"], answer["gap_fitted"], answer["gap_converged"]),
        "fixed_gap": Rate(
            answer["fixed_gap_rate"], answer["fixed_gap_fitted"], answer["fixed_gap_converged"]
        ),
        "control_distance": Rate(
            answer["control_distance_rate"],
            answer["control_distance_fitted"],
            answer["control_distance_converged"],
        ),
        "map_distance": Rate(
            answer["map_distance_rate"], answer["map_distance_fitted"], answer["map_distance_converged"]
        ),
        "exact_wasserstein": Rate(
            answer["exact_wasserstein_rate"],
            answer["exact_wasserstein_fitted"],
            answer["exact_wasserstein_converged"],
        ),
        "sliced_wasserstein": Rate(
            answer["sliced_wasserstein_rate"],
            answer["sliced_wasserstein_fitted"],
            answer["sliced_wasserstein_converged"],
        ),
    }


def sliced_name(answer: Particles) -> str:
    """Sliced W_1 and what it is measured against; on the line it is W_1 itself."""
    directions, fresh = answer["directions"], f"{answer['reference']:,} fresh ones"
    return f"sliced W₁ ({directions} directions) to {fresh}" if directions else f"W₁ to {fresh}"


def particles_figure(answer: Particles, name: Plot, *, dark: bool = False) -> go.Figure:
    """One quantity or two against N, log-log: every seed a mark, with the fitted rate and its 95% band.

    Marks of what did not converge are crossed out, and no line goes through them.

    Args:
        answer: of PARTICLES.
        name: of PLOTS.
        dark: whether the page is dark.
    """
    picture, rated = PLOTS[name], rates(answer)
    traces, groups = list[dict[str, Any]](), list[list[Entry]]()
    for curve in picture.curves:
        role = theme.ROLES[curve.role]
        words = curve.words or sliced_name(answer)
        rate = rated.get(curve.name)
        traces += [_means(answer, curve, role, dark)] if rate is None else _law(answer, rate, role, dark)
        traces.append(_marks(answer, curve, role, words, dark))
        groups.append([(GLYPHS[role.symbol], role.colour(dark), words)])
        if rate is not None:
            groups[-1].append(("━", role.colour(dark), rate_label(rate.line)))
    if any(curve.name in rated for curve in picture.curves):
        traces.append(_reference(answer, picture.curves[0], dark))
        groups.append([("┄", theme.colour("muted", dark), "1/√N")])
    if any((np.nan_to_num(answer[curve.name]) < 0).any() for curve in picture.curves):
        groups[-1].append(("○", theme.colour("ink", dark), "below 0"))
    if not all(_settled(answer, curve).all() for curve in picture.curves):
        groups[-1].append(("⊗", theme.colour("ink", dark), "not converged"))
    scale = _sizes(answer, picture, dark)
    foot = 10 ** scale["range"][0]
    for trace in traces:
        if trace["mode"] == "markers":
            trace["y"] = np.maximum(trace["y"], 1.06 * foot)
    axes = (_numbers(answer, dark), scale)
    return plot(dark, picture.title, picture.unit, traces, groups, axes, _HEIGHT, _KEY_LINES)


def particles_table(answer: Particles, name: Plot) -> dict[str, list[Any]]:
    """The figure as columns: N, seed, its quantities, and how many starts converged.

    Args:
        answer: of PARTICLES.
        name: of PLOTS.
    """
    counts, seeds = np.meshgrid(answer["counts"], answer["seeds"], indexing="ij")
    table: dict[str, list[Any]] = {"particles": counts.ravel().tolist(), "seed": seeds.ravel().tolist()}
    table |= {curve.name: answer[curve.name].ravel().tolist() for curve in PLOTS[name].curves}
    if name in ("cost", "gap"):
        table["fresh_error"] = answer["fresh_error"].ravel().tolist()
    return table | {"converged_starts": answer["converged_starts"].ravel().tolist()}


def rate_label(rate: Iterable[float]) -> str:
    """A fitted rate with its band, short."""
    slope, low, high, _ = (float(value) for value in rate)
    if not np.isfinite(slope):
        return "no rate"
    band = f", 95% band {minus(f'{low:.2f}')} … {minus(f'{high:.2f}')}" if np.isfinite(low) else ""
    return f"N to the power {minus(f'{slope:.2f}')}{band}"


def rate_short(rate: Iterable[float]) -> str:
    """A fitted rate as what four times the particles do: "× 0.54"; "no rate" where none can be told."""
    slope = float(next(iter(rate)))
    return f"× {4**slope:.2f}" if np.isfinite(slope) else "no rate"


def rate_words(rate: Iterable[float]) -> str:
    """How a fitted rate stands beside 1/√N, in a few words."""
    slope, low, high, _ = (float(value) for value in rate)
    if not np.isfinite(slope):
        return "no rate can be told: too few N stand out"
    if not np.isfinite(low):
        return f"goes like {rate_label(rate)}; one seed gives no band"
    if low <= LIMIT <= high:
        flat = "; the band is too wide to tell it from standing still" if high >= 0 else ""
        return f"goes like {rate_label(rate)}: 1/√N lies within the band{flat}"
    if high >= 0:
        return f"does not clearly fall: {rate_label(rate)}"
    speed = "faster than 1/√N" if high < LIMIT else "more slowly than 1/√N"
    return f"goes like {rate_label(rate)}: {speed}"


def particles_words(answer: Particles) -> list[str]:
    """What the rates say, a sentence for each quantity and what follows.

    Args:
        answer: of PARTICLES.
    """
    counts = answer["counts"]
    return [
        f"The samples: exact W₁ between the N particles and N fresh ones "
        f"{rate_words(answer['exact_wasserstein_rate'])}; {sliced_name(answer)} "
        f"{rate_words(answer['sliced_wasserstein_rate'])}."
        + " Sliced W₁ goes like 1/√N in every dimension and does not bound the gap."
        * bool(answer["directions"]),
        f"The sample alone: the gap of one fixed control {rate_words(answer['fixed_gap_rate'])}.",
        f"The training: the gap of the trained control {rate_words(answer['gap_rate'])}."
        + _why(answer["gap_rate"]),
        f"The maps: the distance to the outputs of N = {int(counts[-1]):,} "
        f"{rate_words(answer['map_distance_rate'])}.",
    ]


def convergence_words(answer: Particles) -> str:
    """How many points and trainings converged, and how the others are shown."""
    converged, starts = answer["converged"], answer["starts"]
    points, reached = converged.size, int(answer["converged_starts"].sum())
    of = f"the best of {starts} starts" if starts > 1 else "one start"
    of += f"; {reached} of {starts * points} trainings"
    said = f"Converged: {int(converged.sum())} of {points} points, each {of}."
    rest = " The rest is crossed out, and no rate is fitted through it."
    return said + rest * (not converged.all())


def _why(rate: Iterable[float]) -> str:
    _, _, high, _ = (float(value) for value in rate)
    if not high < LIMIT:
        return ""
    return (
        " At these N it is more than the scatter of the sample: a control with many entries fits itself to "
        "few particles, and that part fades like 1/N."
    )


def _rms(values: Array) -> Array:
    """Root mean square over the seeds that are finite, (c,), NaN where none is or all are 0."""
    known = np.isfinite(values)
    total = np.where(known, np.square(np.where(known, values, 0)), 0).sum(axis=1)
    count = known.sum(axis=1)
    return np.asarray(np.sqrt(np.where(total > 0, total, np.nan) / np.maximum(count, 1)))


def _settled(answer: Particles, curve: Curve) -> Array:
    """Which values of a quantity rest on converged trainings; those of one that diverged are not there."""
    rate = rates(answer).get(curve.name)
    sound = answer["converged"] if rate is None else rate.converged
    return np.asarray(sound | ~np.isfinite(answer[curve.name]))


def _marks(answer: Particles, curve: Curve, role: theme.Role, words: str, dark: bool) -> dict[str, Any]:
    counts, seeds, values = answer["counts"], answer["seeds"], answer[curve.name]
    aside = (np.arange(len(seeds)) - (len(seeds) - 1) / 2) * _ASIDE
    x = counts[:, None] * 2**aside
    shown = np.where(np.abs(values) > 0, np.abs(values), np.nan)
    below, sound = values.ravel() < 0, _settled(answer, curve).ravel()
    ends = [("" if good else "-x") + "-open" * bool(low) for good, low in zip(sound, below, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x.ravel(),
        "y": shown.ravel(),
        "marker": {
            "symbol": [role.symbol + end for end in ends],
            "color": role.colour(dark),
            "size": np.where(sound, theme.MARKER, 1.4 * theme.MARKER),
            "opacity": np.where(sound, 0.85, _FAINT),
            "line": {"color": theme.colour("ink", dark), "width": np.where(sound, 0, 1)},
        },
        "hovertext": [
            f"N = {int(n):,}, seed {seed}: {measured(float(value))}<br>{words}"
            + "<br>not converged" * (not good)
            for (n, seed), value, good in zip(product(counts, seeds), values.ravel(), sound, strict=True)
        ],
        "hoverinfo": "text",
    }


def _means(answer: Particles, curve: Curve, role: theme.Role, dark: bool) -> dict[str, Any]:
    """The median over the seeds that converged as a line."""
    values = np.where(_settled(answer, curve), answer[curve.name], np.nan)
    known = np.isfinite(values).any(axis=1)
    middle = np.full(len(values), np.nan)
    middle[known] = np.nanmedian(values[known], axis=1)
    line = {"color": role.colour(dark), "width": theme.LINE, "dash": role.dash}
    x = answer["counts"]
    return {"type": "scatter", "mode": "lines", "x": x, "y": middle, "line": line, "hoverinfo": "skip"}


def _law(answer: Particles, rate: Rate, role: theme.Role, dark: bool) -> list[dict[str, Any]]:
    """The fitted line over the N that it was fitted to, and the slopes of its band."""
    slope, low, high, start = (float(value) for value in rate.line)
    fitted = answer["counts"][rate.fitted]
    if not np.isfinite(slope) or not len(fitted):
        return []
    x = np.log(fitted[[0, -1]])
    pivot, y = x.mean(), start + slope * x
    line = {"color": role.colour(dark), "width": theme.LINE, "dash": role.dash}
    plain = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    found: list[dict[str, Any]] = []
    if np.isfinite(low):
        ends = [y.mean() + bound * (x - pivot) for bound in (low, high)]
        edge = np.exp(np.concatenate([ends[0], ends[1][::-1]]))  # two wedges that meet in the middle
        fill = {"fill": "toself", "fillcolor": theme.translucent(role.colour(dark), 0.12)}
        around = np.exp(np.concatenate([x, x[::-1]]))
        found.append({**plain, "x": around, "y": edge, **fill, "line": {"width": 0}})
    return [*found, {**plain, "x": np.exp(x), "y": np.exp(y), "line": line}]


def _reference(answer: Particles, curve: Curve, dark: bool) -> dict[str, Any]:
    """1/√N through the first value."""
    counts, values = answer["counts"], answer[curve.name]
    sound = np.where(_settled(answer, curve), values, np.nan)
    size = _rms(sound if np.isfinite(sound).any() else values)
    known = np.flatnonzero(np.isfinite(size))
    y = size[known[0]] * (counts / counts[known[0]]) ** LIMIT if len(known) else np.full(len(counts), np.nan)
    line = {"color": theme.colour("muted", dark), "width": 1.6, "dash": "dot"}
    return {"type": "scatter", "mode": "lines", "x": counts, "y": y, "line": line, "hoverinfo": "skip"}


def _numbers(answer: Particles, dark: bool) -> dict[str, Any]:
    counts = answer["counts"]
    step = -(-len(counts) // _TICKS)
    named = [int(n) for n in counts[(len(counts) - 1) % step :: step]]
    ends = [float(np.log10(counts[0])) - 0.08, float(np.log10(counts[-1])) + 0.08]
    ticks = {"tickvals": named, "ticktext": [f"{n:,}" for n in named]}
    return theme.axis(dark, "number of particles N", type="log", range=ends, **ticks)


def _sizes(answer: Particles, picture: Picture, dark: bool) -> dict[str, Any]:
    """A logarithmic axis, however little the values differ; single tiny ones do not stretch it."""
    values = np.abs(np.concatenate([np.ravel(answer[curve.name]) for curve in picture.curves]))
    means = np.concatenate([_rms(answer[curve.name]) for curve in picture.curves])
    least = np.nanmin(means) / _DEEP if np.isfinite(means).any() else 0.0
    return power_axis(np.maximum(values, least), dark)
