"""Codes while a run was trained, as a scene."""

from collections.abc import Callable

import numpy as np

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.training import training_scene
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def test_training_moves_codes_and_outputs_over_the_iterations(make: Make) -> None:
    record = make(3, k=2)
    scene = training_scene(record, "a")
    assert scene["timeline"]["values"] == [0, 58] and scene["timeline"]["name"] == "iteration"
    assert [pane["positions"].shape[0] for pane in scene["panes"]] == [2, 2]


def test_a_classifier_shows_its_codes_alone(make: Make) -> None:
    record = make(2, k=1, task="classify", dataset="moons", classes=2)
    scene = training_scene(record, "a")
    assert len(scene["panes"]) == 1 and scene["panes"][0]["points"][0]["words"] == ["class 0", "class 1"]


def test_a_diverged_run_and_a_lone_particle_are_drawn(make: Make, change: Callable[..., RunRecord]) -> None:
    record = make(2, k=1)
    broken = change(
        record, snapshot_codes=np.full((2, 40, 1), np.nan), snapshot_outputs=np.full((2, 40, 2), np.nan)
    )
    for run in (broken, make(2, k=1, n=1)):
        assert encode(training_scene(run, "a"))
