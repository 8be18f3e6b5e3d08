"""The particles of one iteration of pmp."""

import numpy as np
import pytest
from reading import places

from autoencode_core import analysis
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.iteration import iteration_scene, iteration_start_scene
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import run_of


@pytest.mark.parametrize("name", ("gallery-circle", "gallery-classify", "gallery-bimodal"))
def test_an_iteration_is_shown_before_and_after(tmp_path, name):
    record = RunStore(tmp_path, gallery="assets/gallery").record(name)
    answer = analysis.iteration(run_of(record), iteration=0)
    forward, both = iteration_start_scene(record, "x", answer), iteration_scene(record, "y", answer)
    assert not forward["reverse"] and len(forward["panes"]) == 1 and len(both["panes"]) == 2
    left, right = both["panes"]
    assert left["range"] == right["range"] and left["key"] != right["key"]
    start = [places(pane["positions"][0], pane["quanta"]) for pane in (left, right)]
    wide = np.ptp(np.asarray(left["range"]), axis=1).max()
    np.testing.assert_allclose(start[0], start[1], atol=1e-3 * wide)
    ends = [places(pane["positions"][-1], pane["quanta"]) for pane in (left, right)]
    assert np.abs(ends[0] - ends[1]).max() > 1e-3 * wide
    assert not any(each["name"] == "squared error" for each in both["colours"])
    assert encode(forward) and encode(both)
