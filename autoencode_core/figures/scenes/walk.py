"""A straight walk between two codes, as a scene."""

from typing import Any

import numpy as np

from autoencode_core.figures.arrays import data_view, finite
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.code import codes_pane, data_pane, latent_scene, line
from autoencode_core.figures.scenes.decode import decoded_images
from autoencode_core.figures.scenes.parts import Part, layer, within
from autoencode_core.figures.scenes.plane import CodePlane
from autoencode_core.questions.latent import Walk
from autoencode_core.store.record import RunRecord


def walk_scene(record: RunRecord, identity: str, plane: CodePlane, answer: Walk, **settings: Any) -> Part:
    """A straight walk between two codes: where it is in the latent space, and what it decodes to.

    Args:
        record: the run.
        identity: its id.
        plane: how codes are drawn.
        answer: of WALK.
        settings: entries of the scene's header.
    """
    z, made = answer["codes"], finite(answer["outputs"])
    left, right = codes_pane(record, plane), data_pane(record)
    right["title"], right["note"] = "Decoded on the way", right["note"]
    for pane, places in ((left, plane.project(z)), (right, data_view(record).project(made))):
        pane["track"] = {"role": "now", "positions": within(pane, places)[:, None]}
        pane["lines"] = [line("walk", "now", within(pane, places))]
        pane["layers"] = [layer("walk", True, "walk", "From the first code straight to the second.")]
        pane["places"] = False
    panes = [left, right]
    if is_image_run(record):
        panes.append(decoded_images(record, made[:, None]))
    timeline = {
        "kind": "sequence",
        "name": "share of the way",
        "values": np.round(np.linspace(0, 1, len(z)), 4).tolist(),
        "log": False,
    }
    words = "A walk between two codes, and what it decodes to."
    return latent_scene(record, identity, panes, alt=words, timeline=timeline, **settings)
