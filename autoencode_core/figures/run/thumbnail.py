"""A small picture of a run: where its particles end, over where they should, and the way of a few of them."""

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite, flow_states, limits, pick
from autoencode_core.figures.scenes.flow import probe_hue
from autoencode_core.figures.theme import hue_scale
from autoencode_core.store.record import RunRecord

Array = NDArray[np.float64]

WIDTH, HEIGHT, EDGE = 240, 150, 8
"""Pixels of the picture, and of its margin."""
ASLANT = np.array([0.45, 0.5])
PARTICLES, WAYS = 140, 5
"""How many particles are drawn, and how many of them with their way."""


def thumbnail(record: RunRecord, *, dark: bool = False) -> str:
    """The picture as SVG: the first two components, a third one aslant.

    Args:
        record: the run, of at least two components.
        dark: whether the page is dark.

    Raises:
        InputError: the run has no stored flow.
    """
    states = _flat(finite(flow_states(record)))
    some = pick(states.shape[1], PARTICLES)
    place = _Place(limits(np.concatenate([states[0], states[-1], *states[:, some[::9]]]), pad=0.02))
    start, end = place(states[0, some]), place(states[-1, some])
    ink, page = theme.colour("muted", dark), theme.colour("page", dark)
    marks = [f'<circle cx="{x}" cy="{y}" r="2.6" fill="none" stroke="{ink}"/>' for x, y in start]
    colours = _colours(record, dark)
    ways = [_way(place(states[:, i]), colours[i]) for i in pick(states.shape[1], WAYS)]
    colours = colours[some]
    marks += [
        f'<circle cx="{x}" cy="{y}" r="2.8" fill="{colour}" stroke="{page}" stroke-width="0.5"/>'
        for (x, y), colour in zip(end, colours, strict=True)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(ways + marks)}</svg>'
    )


def _flat(states: Array) -> Array:
    """States (S, n, d) on two axes, (S, n, 2)."""
    return states[..., :2] if states.shape[-1] < 3 else states[..., :2] + states[..., 2:3] * ASLANT


class _Place:
    """From two components to pixels, with one unit for both."""

    def __init__(self, ranges: Array) -> None:
        spans = np.diff(ranges, axis=1)[:, 0]
        self.unit = min((WIDTH - 2 * EDGE) / spans[0], (HEIGHT - 2 * EDGE) / spans[1])
        self.middle = ranges.mean(axis=1)

    def __call__(self, points: Array) -> list[tuple[float, float]]:
        """Pixels of points (n, 2) that are finite; others lie outside of the picture."""
        shifted = np.nan_to_num((points - self.middle) * self.unit, nan=-1e4, posinf=-1e4, neginf=-1e4)
        shifted = np.clip(shifted, -1e4, 1e4)
        return [(round(WIDTH / 2 + x, 1), round(HEIGHT / 2 - y, 1)) for x, y in shifted]


def _way(points: list[tuple[float, float]], ink: str) -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="1" opacity="0.7"/>'


def _colours(record: RunRecord, dark: bool) -> NDArray[np.str_]:
    """A colour for every particle of the probe: by its place along the data, where that is known."""
    scale = [colour for _, colour in hue_scale(dark)]
    hue = probe_hue(record)
    if not len(hue):
        hue = np.zeros(flow_states(record).shape[1])
    steps = np.clip(np.nan_to_num(hue) * (len(scale) - 1), 0, len(scale) - 1).round().astype(int)
    colours: NDArray[np.str_] = np.asarray(scale)[steps]
    return colours
