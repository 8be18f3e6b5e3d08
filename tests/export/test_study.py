"""A study as the bytes of its file: whole while there is room, and with less of the pictures beyond."""

import numpy as np
import pytest

from autoencode_core.export.study import fitted, study_bytes
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan
from autoencode_core.store.study_file import unpack_study
from autoencode_core.training.records import record_of
from autoencode_core.training.study import make_study

SPEC = RunSpec(dataset="s_curve", depth=4, horizon=1.0, particles=200, iterations=20)


@pytest.fixture(scope="module")
def made():
    return make_study(Plan(kind="strip", spec=SPEC, tikhonov=(0.01, 0.1), seeds=(0, 1), further=0))


def test_a_study_is_whole_where_there_is_room(made):
    study, records = unpack_study(study_bytes(*made))
    assert study == made[0] and len(records) == 4
    assert [len(r.probe["inputs"]) for r in records] == [200] * 4
    assert len(records[0].weights["path_controls"]) == len(made[1][0].path[0])


def test_little_room_takes_particles_and_controls_on_the_way_but_never_the_control(made):
    study, runs = made
    whole = record_of(runs[0])
    control = whole.weights["control"]
    for room, controls in ((20 * control.nbytes, 10), (4 * control.nbytes, None)):
        small = fitted(whole, room)
        np.testing.assert_array_equal(small.weights["control"], control)
        assert 50 <= len(small.probe["inputs"]) < 200
        assert len(small.probe["snapshot_iterations"]) == 2
        if controls is None:
            assert "path_controls" not in small.weights
        else:
            assert len(small.weights["path_controls"]) == controls
            assert small.weights["path_iterations"][[0, -1]].tolist() == [0, 20]
            np.testing.assert_array_equal(small.weights["path_controls"][-1], control)
    assert len(study_bytes(study, runs, room=100)) < 0.5 * len(study_bytes(study, runs))
    assert unpack_study(study_bytes(study, runs, room=100))[0] == study
