"""The particles where they begin with one of them marked, and where PCA rebuilds them."""

from typing import Any

import numpy as np

from autoencode_core.figures.arrays import view
from autoencode_core.figures.lessons.pca import off_the_axis, pca_of_probe
from autoencode_core.figures.scenes.bottleneck import MARKED, spotted
from autoencode_core.figures.scenes.inputs import inputs_scene
from autoencode_core.figures.scenes.parts import Part, layer, within
from autoencode_core.store.record import RunRecord


def pca_scene(record: RunRecord, identity: str, *, rebuilt: bool = False, **settings: Any) -> Part:
    """The probe at t = 0 with the particle marked that PCA moves farthest.

    Args:
        record: a run in raw coordinates, so that the picture's axes are the data's own.
        identity: what is shown; another one forgets camera and picks.
        rebuilt: whether the places to which PCA with k components moves the particles are drawn too.
        settings: entries of the scene's header.
    """
    drawn = inputs_scene(record, identity, **settings)
    inputs, one = view(record, 2).project(record.probe["inputs"]), off_the_axis(record)
    pane = spotted(drawn["panes"][0], inputs[[one]], MARKED)
    if rebuilt:
        made = view(record, 2).project(pca_of_probe(record))
        ways = np.stack([inputs, made], axis=1).reshape(-1, 2)
        drawn_lines = {"name": "PCA", "role": "PCA", "positions": within(pane, ways), "width": 1.0}
        pane["lines"] = [{**drawn_lines, "counts": [2] * len(made)}]
        pane["layers"] = [*pane["layers"], layer("PCA", True, "way to where PCA rebuilds it")]
        drawn["alt"] += " From each a line leads to where PCA rebuilds it: on one straight line."
    return drawn
