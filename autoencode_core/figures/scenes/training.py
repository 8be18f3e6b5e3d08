"""The codes of a run while it was trained, as a scene."""

from typing import Any

import numpy as np

from autoencode_core.figures.arrays import codes, outputs
from autoencode_core.figures.scenes.code import sequence
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.store.record import RunRecord


def training_scene(record: RunRecord, identity: str, axes: int = 2, **settings: Any) -> Part:
    """Codes and outputs of the probe over the iterations of the training.

    Args:
        record: the run; it needs at least two snapshots.
        identity: its id.
        axes: number of axes for codes of more than three numbers; those of the last snapshot.
        settings: entries of the scene's header.
    """
    iterations = np.asarray(record.probe["snapshot_iterations"])
    moving = [(codes(record, s), outputs(record, s)) for s in range(len(iterations))]
    words = f"Codes and outputs at {len(iterations)} iterations of the training."
    return sequence(record, identity, axes, moving, ("iteration", iterations), alt=words, **settings)
