"""One classifier of data in the plane with either component turned off: both flows on one clock."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import finite, limits
from autoencode_core.figures.control.component import component_names
from autoencode_core.figures.scenes.parts import (
    Part,
    cloud,
    colourings,
    knots,
    layer,
    scene,
    within,
)
from autoencode_core.figures.timeline import IDLE, NOT_DRIVEN
from autoencode_core.questions.control import Component

Array = NDArray[Any]


def component_scene(answer: Component, identity: str, **settings: Any) -> Part:
    """The encoder's flow over t in [0, T/2], once for each component that is turned off.

    Args:
        answer: what analysis.component says.
        identity: what is shown; another one forgets camera and time.
        settings: entries of the scene's header.
    """
    names, active = component_names(answer), answer["active"]
    depth = active.shape[1] - 1
    moved = [knots(*each, depth) for each in zip(answer["states"], answer["dropped"], strict=True)]
    spots = [_spots(answer, place) for place in range(2)]
    points = finite(np.concatenate([each.reshape(-1, 2) for each in (*moved, *spots)]))
    count, labels = moved[0].shape[1], answer["labels"]
    return scene(
        identity,
        [_pane(answer, place, moved[place], spots[place], limits(points, points)) for place in range(2)],
        **{
            "alt": f"Two flows of {count} particles: one turns {names[1]} off, the other {names[0]}.",
            "timeline": _timeline(answer, active, depth),
            "n": count,
            "colours": colourings(np.empty(0), labels, answer["names"], np.empty(0)),
            "height": 340,
            "save": ["png", "html"],
            **settings,
        },
    )


def _pane(answer: Component, place: int, moved: Array, spots: Array, ranges: Array) -> Part:
    names, off = component_names(answer), int(answer["off"][place])
    kept = answer["active"][place][:-1].all(axis=1)
    pane = cloud(
        f"component {off}",
        f"{names[off]} turned off",
        moved,
        names,
        ranges=ranges,
        extra=[spots],
        group="component",
        hollow=[*(~kept).astype(int).tolist(), 1],
        note=f"hollow: {NOT_DRIVEN}",
        unrolled=True,
        span=1.35,
    )
    words = answer["names"]
    belong = {"name": "labels", "role": "target", "positions": within(pane, spots), "words": words}
    pane["points"] = [belong]
    pane["layers"] = [
        layer("particles", True),
        layer("tails", True),
        layer("labels", True, "★ where labels belong", "The place of each class's codes."),
    ]
    return pane


def _spots(answer: Component, place: int) -> Array:
    """The positions of the classes (C, 2) on the axis of the component that is left."""
    positions, off = answer["positions"], int(answer["off"][place])
    spots = np.zeros((len(positions), 2))
    spots[:, 1 - off] = positions
    return spots


def _timeline(answer: Component, active: Array, depth: int) -> Part:
    times = answer["times"]
    return {
        "kind": "flow",
        "encoder": depth,
        "decoder": 0,
        "times": [*times.tolist(), float(times[-1])],
        "layers": depth,
        "horizon": 2 * float(times[-1]),
        "drops": True,
        "widths": [*active[0][:depth].sum(axis=1).tolist(), 1],
        "width": 2,
        "names": list(component_names(answer)),
        "drop_words": "projection drops one component",
        "idle": IDLE,
    }
