"""A walk between two codes as a scene."""

from collections.abc import Callable

import numpy as np

from autoencode_core.figures.arrays import codes
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.plane import plain_plane
from autoencode_core.figures.scenes.walk import walk_scene
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def test_a_walk_has_a_clock_of_its_own(make: Make) -> None:
    record = make(3, k=2)
    z = codes(record)
    way = {"codes": np.linspace(z[0], z[5], 11), "outputs": np.zeros((11, 3))}
    scene = walk_scene(record, "a", plain_plane(z), way)
    assert scene["timeline"]["kind"] == "sequence" and scene["timeline"]["values"][-1] == 1
    assert [pane["track"]["positions"].shape for pane in scene["panes"]] == [(11, 1, 2), (11, 1, 3)]
    assert not scene["panes"][0]["places"] and encode(scene)
