"""Flat panes: images at the present t, a film strip, components against time, components as bars."""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import (
    bottleneck_index,
    classes,
    component_names,
    finite,
    flow_states,
    one_of_each,
    to_data,
)
from autoencode_core.figures.run.images import image_shape, image_span
from autoencode_core.figures.scenes.parts import (
    Part,
    clock_places,
    dropped_states,
    flow_timeline,
    intervals,
    knot_times,
    knots,
)
from autoencode_core.figures.timeline import NOT_DRIVEN
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Array = NDArray[Any]

IMAGES = 10
FILM_ROWS = 6
FILM_COLUMNS = 9
MOST_CURVES = 12


def images_pane(record: RunRecord, picked: Sequence[int] = (), most: int = IMAGES) -> Part:
    """Images x(t) under their still inputs.

    Args:
        record: a run on images.
        picked: particles to show; by default one of each class in turn.
        most: how many at most.

    Raises:
        InputError: the run's data are not images.
    """
    shape, chosen = image_shape(record), shown_particles(record, picked, most)
    span = _span(record, chosen)
    inputs = finite(np.asarray(record.probe["inputs"])[chosen])
    return {
        "kind": "images",
        "key": "images",
        "title": "Images x(t)",
        "note": "above: the input",
        "image": list(shape),
        "frames": grey(_images(record, chosen), span),
        "still": grey(inputs, span),
        "particles": chosen.tolist(),
    }


def film_pane(record: RunRecord, picked: Sequence[int] = (), rows: int = FILM_ROWS) -> Part:
    """A film strip: a row an image, a column a time, from input to reconstruction.

    Args:
        record: a run on images.
        picked: particles to show; by default one of each class in turn.
        rows: how many at most.

    Raises:
        InputError: the run's data are not images.
    """
    shape, chosen = image_shape(record), shown_particles(record, picked, rows)
    line = flow_timeline(record)
    stops = film_stops(line["times"], line["drops"])
    frames = np.array([frame for frame, _, _ in stops])
    span = _span(record, chosen)
    stills = grey(_images(record, chosen)[frames], span)
    on = intervals(record).sum(axis=1)
    middle, last = line["encoder"], len(on) - 1
    heads = []
    for frame, at, t in stops:
        active = on[min(frame, last)] if at < 1 else on[min(max(frame, middle), last)]
        words = "dropped" if frame == middle + 1 and line["drops"] else f"{active} of {line['width']}"
        heads.append(f"t = {measured(t)}\n{words}")
    return {
        "kind": "film",
        "key": "film",
        "title": "Film strip: time from left to right",
        "note": "below each time: driven components",
        "image": list(shape),
        "stills": np.ascontiguousarray(stills.transpose(1, 0, 2)),
        "heads": heads,
        "at": [at for _, at, _ in stops],
        "particles": chosen.tolist(),
    }


def film_stops(times: Sequence[float], drops: bool) -> list[tuple[int, float, float]]:
    """Frames of a film strip, evenly spaced in t: number, place on the clock in [0, 3], and flow time.

    Args:
        times: (F,) of all frames, T/2 twice.
        drops: whether the projection changes anything.
    """
    at, t = clock_places(times), np.asarray(times, float)
    middle, last = int(np.searchsorted(at, 1)), len(t) - 1
    first = _spaced(t[: middle + 1])
    later = middle + 1 + _spaced(t[middle + 1 :])[1:] if last > middle + 1 else np.empty(0, int)
    chosen = [*first, *([middle + 1] if drops else []), *later]
    return [(int(frame), float(at[frame]), float(t[frame])) for frame in chosen]


def _spaced(times: Array) -> Array:
    """Which of these times lie nearest to evenly spaced ones."""
    wanted = np.linspace(times[0], times[-1], min(FILM_COLUMNS // 2, len(times) - 1) + 1)
    return np.unique(np.abs(times[:, None] - wanted).argmin(axis=0))


def bars_pane(record: RunRecord, picked: Sequence[int] = (), most: int = IMAGES) -> Part:
    """The components of a particle as bars: driven ones filled, those that are frozen or dropped hollow.

    Args:
        record: the run.
        picked: particles to show; by default one of each class in turn.
        most: how many at most.
    """
    chosen = shown_particles(record, picked, most)
    return {
        "kind": "bars",
        "key": "bars",
        "title": "Components u(t) of one particle",
        "note": f"hollow: {NOT_DRIVEN}",
        "axes": ["component", "value"],
        "names": [html.unescape(name) for name in component_names(record)],
        "values": np.nan_to_num(finite(_knots(record, chosen))).astype(np.float32),
        "active": intervals(record).astype(np.uint8),
        "particles": chosen.tolist(),
    }


def curves_panes(record: RunRecord, picked: Sequence[int], most: int = 3) -> list[Part]:
    """A pane for each component: its value against t for the picked particles.

    Args:
        record: the run.
        picked: particles, the first 12 of them are drawn.
        most: components at most; those that vary most, in their own order.
    """
    chosen = np.asarray(list(picked)[:MOST_CURVES], int)
    values = finite(_knots(record, chosen))
    on, names = intervals(record), [html.unescape(name) for name in component_names(record)]
    spread = np.nan_to_num(np.nanvar(finite(flow_states(record)[0]), axis=0))
    kept = np.sort(np.argsort(-spread, kind="stable")[:most])
    times = knot_times(record)
    return [
        {
            "kind": "curves",
            "key": f"component{j}",
            "title": f"Component {names[j]}",
            "note": f"dashed: {NOT_DRIVEN}" if not on[:, j].all() else "",
            "axes": ["flow time t", names[j]],
            "x": times.astype(np.float32),
            "series": [
                {
                    "name": f"particle {particle}",
                    "values": values[:, i, j].astype(np.float32),
                    "particle": int(particle),
                    "colour": None,
                    "dash": "solid",
                }
                for i, particle in enumerate(chosen)
            ],
            "active": _stretches(times, on[:, j]),
        }
        for j in kept
    ]


def shown_particles(record: RunRecord, picked: Sequence[int], most: int) -> Array:
    """The picked particles that exist, else one of each class in turn; at most so many."""
    n = flow_states(record).shape[1]
    chosen = np.array([i for i in picked if 0 <= i < n][:most], int)
    return chosen if len(chosen) else one_of_each(classes(record), n, most)


def _stretches(times: Array, on: Array) -> list[list[float]]:
    """Times [from, to] in which a component is active."""
    padded = np.diff(np.concatenate([[0], on.astype(int), [0]]))
    starts, ends = np.flatnonzero(padded == 1), np.flatnonzero(padded == -1)
    return [[float(times[a]), float(times[b])] for a, b in zip(starts, ends, strict=True)]


def _knots(record: RunRecord, chosen: Array) -> Array:
    states, dropped = flow_states(record)[:, chosen], dropped_states(record)[chosen]
    return knots(states, dropped, bottleneck_index(record))


def _images(record: RunRecord, chosen: Array) -> Array:
    """Images (F, m, pixels) in data units."""
    return np.stack([to_data(record, u) for u in _knots(record, chosen)])


def _span(record: RunRecord, chosen: Array) -> tuple[float, float]:
    wanted = "inputs" if record.spec.task == "classify" else "targets"
    return image_span(np.asarray(record.probe[wanted])[chosen])


def grey(images: Array, span: tuple[float, float]) -> Array:
    """Images as levels 0 to 255 of the values in span."""
    low, high = span
    with np.errstate(invalid="ignore"):
        levels = np.clip((finite(images) - low) / max(high - low, 1e-12), 0, 1)
    return np.rint(np.nan_to_num(levels) * 255).astype(np.uint8)
