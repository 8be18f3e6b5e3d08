"""Parts of a scene: its theme, its colourings, its time line, and clouds of particles."""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.alt import about
from autoencode_core.figures.arrays import (
    View,
    bottleneck_index,
    component_names,
    finite,
    flow_states,
    limits,
)
from autoencode_core.figures.marks import MOST_CLASSES, PLACE
from autoencode_core.figures.scenes.encoding import quanta, quantised
from autoencode_core.figures.theme import join
from autoencode_core.figures.timeline import IDLE
from autoencode_core.glossary import find, plain
from autoencode_core.names import run_stem
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]
Part = dict[str, Any]

EXIT_ERROR = "squared error"
"""Name of the colouring by each particle's squared distance between output and target."""

LAYERS = {
    "particles": (
        "particles",
        "The particles x(t); hollow while a drawn axis is not driven: in the encoder it is frozen, standing "
        "where it was left; at T/2 it is dropped, forgotten, and starts again from 0.",
    ),
    "tails": ("tails", "The way that the particles came last."),
    "field": ("vector field F(·, θ(t))", "What the control makes a particle at each place do now."),
    "density": (
        "density of μₜ",
        "How the training particles are spread at this t, not only the drawn ones: counted where they are "
        "now, then smoothed.",
    ),
    "residuals": ("residuals", "From each output to its target: the error."),
    "ghost": ("ghost", "Where the particles should end."),
    "costates": ("costates p(t)", "Where to its error would grow most; −p is the way down."),
}
"""The word of each layer's switch, and what it explains."""


def scene(identity: str, panes: Sequence[Part], **settings: Any) -> Part:
    """A whole scene.

    Args:
        identity: what is shown; another one forgets camera, time and picks.
        panes: what is drawn, from left to right.
        settings: other entries of the header, in the place of the defaults below.
    """
    colours: Sequence[Part] = settings.get("colours", ())
    classes_ = max((len(c["names"]) for c in colours if c["kind"] == "class"), default=1)
    return {
        "id": identity,
        "title": "",
        "file": "",
        "alt": "",
        "caption": "",
        "about": "",
        "height": 380,
        "group": "",
        "clock": "",
        "small": False,
        "controls": True,
        "autoplay": True,
        "start": None,
        "reverse": False,
        "timeline": None,
        "n": 0,
        "ids": None,
        "colours": [],
        "colour": 0,
        "message": "",
        "save": [],
        "words": _words(colours),
        **settings,
        "theme": {name: _theme(dark, classes_) for name, dark in (("light", False), ("dark", True))},
        "panes": list(panes),
    }


def _words(colours: Sequence[Part]) -> dict[str, str]:
    """What the entries of the legend are, by the names of the colourings; "hollow" for outlined marks."""
    found = {str(colour["name"]): find(str(colour["name"])) for colour in colours}
    return {name: plain(key) for name, key in found.items() if key} | {"hollow": plain("inactive")}


def of_run(record: RunRecord) -> Part:
    """Entries of the header of a scene about a run: its name, its files', what made it, plain formats."""
    return {
        "title": record.name,
        "file": run_stem(record),
        "about": about(record),
        "save": ["png", "html"],
    }


def _theme(dark: bool, classes_: int) -> Part:
    hues = [colour for _, colour in theme.hue_scale(dark)]
    roles = {
        name: {"colour": role.colour(dark), "dash": role.dash, "symbol": role.symbol}
        for name, role in theme.ROLES.items()
    }
    plain = {name: theme.colour(name, dark) for name in ("ink", "muted", "grid", "page")}
    return {
        "classes": theme.class_colours(classes_, dark),
        "hues": hues,
        "scale": hues,
        "roles": roles,
        **plain,
    }


def colourings(
    hue: Array,
    labels: Array,
    names: Sequence[str],
    errors: Array,
    columns: Sequence[tuple[str, Array]] = (),
    unit: str = "",
    hue_name: str = "",
) -> list[Part]:
    """The ways in which n particles may be coloured; the natural one first.

    Args:
        hue: (n,) place along the data in [0, 1], or empty.
        labels: (n,) class numbers, or empty.
        names: names of the classes.
        errors: (n,) squared distance of output and target in flow coordinates, or empty.
        columns: further quantities, name and (n,) values.
        unit: of the errors.
        hue_name: column of a table that was chosen to colour, which goes before the classes.
    """
    found: list[Part] = []
    if hue_name and len(hue):
        found.append(_hue(hue_name, hue))
    few = len(labels) and len(np.unique(labels)) <= MOST_CLASSES
    if few:
        shown = [html.unescape(name) for name in names]
        found.append({"name": "class", "kind": "class", "values": labels.astype(np.uint8), "names": shown})
    elif len(hue) and not hue_name:
        found.append(_hue(PLACE, hue))
    if len(errors) and np.isfinite(errors).any():
        found.append(_scale(EXIT_ERROR, errors, unit, log=True))
    found += [_scale(name, values, "") for name, values in columns if np.isfinite(values).any()]
    return found


def _hue(name: str, hue: Array) -> Part:
    return {"name": name, "kind": "hue", "values": np.clip(np.nan_to_num(hue), 0, 1).astype(np.float32)}


def _scale(name: str, values: Array, unit: str, log: bool = False) -> Part:
    values = np.asarray(values, float)
    some = values[np.isfinite(values)]
    log = log and some.max() > 0
    low, high = (np.quantile(some[some > 0], 0.02) if log else some.min()), some.max()
    shown = np.clip(np.where(np.isfinite(values), values, high), -1e38, 1e38).astype(np.float32)
    if not high > low:
        low, high = low - max(1e-6, abs(low) / 2), high + max(1e-6, abs(high) / 2)
    span = [float(max(low, 1e-12) if log else low), float(high)]
    return {"name": name, "kind": "scale", "values": shown, "range": span, "unit": unit, "log": bool(log)}


def colouring(colours: Sequence[Part], wanted: str | int | None) -> Part | None:
    """The colouring of a name or a number, else the natural one; None when there is none."""
    if isinstance(wanted, int) and wanted < len(colours):
        return colours[wanted]
    return next((c for c in colours if c["name"] == wanted), colours[0] if colours else None)


def shares(found: Part) -> Array:
    """The values of a scale as shares (n,) of the way from its low to its high end."""
    low, high = found["range"]
    kept = np.clip(np.asarray(found["values"], float), low, high)
    return np.asarray(
        np.log(kept / low) / np.log(high / low) if found["log"] else (kept - low) / (high - low)
    )


def flow_timeline(record: RunRecord) -> Part:
    """The time line of a run's flow: its frames lie at their times, however many there are in a layer.

    Raises:
        InputError: the run has no stored flow.
    """
    states, active = flow_states(record), np.asarray(record.probe["flow_active"], bool)
    last, middle, spec = len(states) - 1, bottleneck_index(record), record.spec
    gone = np.flatnonzero(~active[middle])
    names = [html.unescape(name) for name in component_names(record)]
    lost = join([names[i] for i in gone]) if len(gone) <= 3 else f"{len(gone)} components"
    return {
        "kind": "flow",
        "encoder": middle,
        "decoder": last - middle,
        "times": knot_times(record).tolist(),
        "layers": spec.depth // 2,
        "horizon": spec.horizon,
        "drops": bool(len(gone)),
        "widths": active[:last].sum(axis=1).tolist(),
        "width": states.shape[2],
        "names": names,
        "drop_words": f"projection drops {lost}",
        "idle": IDLE,
    }


def knot_times(record: RunRecord) -> Array:
    """Flow time of every frame, (F,): that of the projection twice."""
    times, middle = np.asarray(record.probe["flow_times"], float), bottleneck_index(record)
    return np.concatenate([times[: middle + 1], times[middle:]])


def clock_places(times: ArrayLike) -> Array:
    """Where frames at times (F,), T/2 twice, lie on the clock in [0, 3]: encoder, projection, decoder."""
    at = np.asarray(times, float)
    middle = int(np.flatnonzero(np.diff(at) == 0)[0])
    half, rest = at[middle], max(at[-1] - at[middle], 1e-300)
    return np.concatenate([at[: middle + 1] / half, 2 + (at[middle + 1 :] - half) / rest])


def clock_place(t: float, horizon: float) -> float:
    """Where the flow time t in [0, horizon] lies on the clock in [0, 3]; T/2 after the projection."""
    share = t / horizon
    return 2 * share if share < 0.5 else 1 + 2 * share


def knots(states: Array, dropped: Array, middle: int) -> Array:
    """Frames of a flow: X_0 … X_{L/2} before the projection, X_{L/2} after it, …, X_L.

    Args:
        states: (S, n, c), at T/2 after the projection.
        dropped: (n, c), at T/2 before it.
        middle: index of T/2 in states.
    """
    return np.concatenate([states[:middle], dropped[None], states[middle:]])


def dropped_states(record: RunRecord) -> Array:
    """The probe at T/2 before the projection, (n, d)."""
    states, stored = flow_states(record), np.asarray(record.probe.get("flow_dropped", ()))
    return stored if stored.shape == states.shape[1:] else states[bottleneck_index(record)]


def intervals(record: RunRecord) -> Array:
    """What is active between one frame and the next, (F - 1, d) bool; during the projection what is kept."""
    active, middle = np.asarray(record.probe["flow_active"], bool), bottleneck_index(record)
    return np.concatenate([active[:middle], active[middle:][:1], active[middle:-1]])


def cloud(
    key: str,
    title: str,
    positions: Array,
    names: Sequence[str],
    unit: str = "",
    *,
    ranges: Array | None = None,
    extra: Sequence[Array] = (),
    **settings: Any,
) -> Part:
    """A pane of particles.

    Args:
        key: its name.
        title: what is written above it.
        positions: (F, n, c), one frame when they stand still; NaN where there is nothing.
        names: short names of the c axes.
        unit: what they are measured in, "" when nothing.
        ranges: (c, 2) what is in view, by default all of positions and extra.
        extra: further points (m, c) that must fit into the quantised box.
        settings: other entries of the pane, in the place of the defaults below.
    """
    places = finite(positions)
    dims = places.shape[-1]
    others = [finite(points).reshape(-1, dims) for points in extra]
    everything = np.concatenate([places.reshape(-1, dims), *others])
    ranges = (
        limits(everything, np.concatenate([places[:1].reshape(-1, dims), *others]))
        if ranges is None
        else ranges
    )
    box = near_box(everything, ranges)
    titles = settings.pop("axes", None) or [f"{name}, {unit}" if unit else name for name in names]
    return {
        "kind": "cloud",
        "key": key,
        "title": title,
        "note": "",
        "group": key,
        "dims": dims,
        "axes": [html.unescape(text) for text in titles],
        "names": [html.unescape(name) for name in names],
        "range": np.asarray(ranges, float).tolist(),
        "positions": quantised(places, box),
        "quanta": box.tolist(),
        "hollow": [0],
        "layers": [],
        "ghost": None,
        "arrows": None,
        "field": None,
        "density": None,
        "lines": [],
        "points": [],
        "track": None,
        "unrolled": False,
        "places": False,
        "fixed": True,
        **settings,
    }


def near_box(points: Array, ranges: Array) -> Array:
    """The box (c, 2) for the places of points (m, c) that are seen within ranges (c, 2).

    A diverging flow leaves the picture: its far places would cost the near ones their precision.
    """
    middle, half = ranges.mean(axis=1), 1.5 * np.diff(ranges, axis=1)[:, 0]
    return quanta(np.clip(points, middle - half, middle + half))


def axis_titles(shown: View) -> list[str]:
    """What is written at the axes: in space only their names, since there is little room."""
    return list(shown.names) if shown.count == 3 else [f"{name}, {shown.unit}" for name in shown.titles]


def axes_note(shown: View) -> str:
    """What the axes are, as far as it is not written at them."""
    return one_line([shown.axes, shown.unit]) if shown.count == 3 else shown.axes


def within(pane: Part, points: Array) -> Array:
    """Points (..., c) quantised in the box of a pane."""
    return quantised(finite(points), np.asarray(pane["quanta"]))


def layer(name: str, on: bool, word: str = "", help_text: str = "", missing: bool = False) -> Part:
    """A switch of a pane; missing: its data are asked for when it is switched on."""
    known_word, known_help = LAYERS.get(name, (name, ""))
    return {
        "name": name,
        "word": word or known_word,
        "on": on,
        "help": help_text or known_help,
        "missing": missing,
    }


def one_line(words: Sequence[str]) -> str:
    """Words that are there, with points between them."""
    return " · ".join(filter(None, words))
