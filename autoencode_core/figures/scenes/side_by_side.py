"""Flows of several runs side by side: one scale where their axes are the same, one transport for all."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import view
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.flow import flow_range
from autoencode_core.figures.scenes.parts import Part, flow_timeline, scene
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]


def common_ranges(records: Sequence[RunRecord]) -> list[Array]:
    """What is in view at first of several runs side by side, (c, 2) for each: one range for one data set.

    Args:
        records: the runs; those of one data set in the same coordinates are drawn at one scale.
    """
    views = [view(record, 2 if is_image_run(record) else 3) for record in records]
    own = [flow_range(record, shown) for record, shown in zip(records, views, strict=True)]
    kinds = [
        (record.spec.dataset, record.spec.coordinates, shown.names)
        for record, shown in zip(records, views, strict=True)
    ]
    found = []
    for kind in kinds:
        alike = np.stack([span for span, other in zip(own, kinds, strict=True) if other == kind])
        found.append(np.stack([alike[..., 0].min(axis=0), alike[..., 1].max(axis=0)], axis=-1))
    return found


def transport_scene(record: RunRecord, identity: str, clock: str) -> Part:
    """Play, step and time for players that have none of their own.

    Args:
        record: a run whose widths are drawn along the time.
        identity: what is shown.
        clock: that of the players.
    """
    alt = "Play, step and time of all pictures."
    timeline = flow_timeline(record)
    return scene(identity, [], timeline=timeline, clock=clock, height=0, alt=alt, save=["html"])
