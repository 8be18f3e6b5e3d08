"""The frames: their times, their active components, their captions."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures.timeline import PROJECTION_FRAMES, timeline
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


@pytest.mark.parametrize("frames", [4, 20, 61])
def test_frames_cover_the_flow_and_pause_at_the_projection(make: Make, frames: int) -> None:
    line = timeline(make(3, k=2), frames)
    half = frames // 2
    assert len(line) == 2 * half + PROJECTION_FRAMES
    assert line.times[0] == 0 and line.times[-1] == pytest.approx(3.0)
    assert (np.diff(line.times) >= 0).all()
    assert line.times[half : half + PROJECTION_FRAMES] == pytest.approx(1.5)
    assert line.scrub.sum() == 2 * half and not line.scrub[half : half + PROJECTION_FRAMES].any()


def test_nothing_dropped_needs_no_projection(make: Make) -> None:
    line = timeline(make(2, k=2), 20)
    assert len(line) == 20 and "bottleneck" not in line.phases


def test_classify_ends_at_the_bottleneck(make: Make) -> None:
    line = timeline(make(3, k=2, classes=2, task="classify", dataset="digits", depth=8), 20)
    assert not line.has_decoder and "decoder" not in line.phases
    assert line.phases[-1] == "bottleneck" and line.times[-1] == pytest.approx(1.5)
    assert "layer 4 of 4" in line.captions[19]


def test_states_pass_through_the_layers_and_the_projection(make: Make) -> None:
    record = make(3, k=2)
    line, states, dropped = timeline(record, 26), record.probe["flow_states"], record.probe["flow_dropped"]
    path = line.along(states, dropped)
    assert path.shape == (26 + PROJECTION_FRAMES, 40, 3) and path.dtype == np.float32
    np.testing.assert_array_equal(path[0], states[0])
    np.testing.assert_allclose(path[12], dropped, atol=1e-6)
    np.testing.assert_allclose(path[12 + PROJECTION_FRAMES], states[6], atol=1e-6)
    np.testing.assert_allclose(path[-1], states[-1], atol=1e-6)
    gone = np.abs(path[12 : 13 + PROJECTION_FRAMES, :, 2]).max(axis=1)
    assert gone[0] > 0 and gone[-1] == 0 and (np.diff(gone) < 0).all()
    kept = path[12 : 13 + PROJECTION_FRAMES, :, :2]
    np.testing.assert_allclose(kept, np.broadcast_to(dropped[:, :2], kept.shape), atol=1e-6)


def test_between_layers_states_are_linear_in_time(make: Make) -> None:
    record = make(2)
    line, states, times = timeline(record, 60), record.probe["flow_states"], record.probe["flow_times"]
    path = line.along(states, record.probe["flow_dropped"])
    for frame in (3, 17, 50, 70):
        t = line.times[frame]
        n = int(np.searchsorted(times, t)) - 1
        share = (t - times[n]) / (times[n + 1] - times[n])
        expected = (1 - share) * states[n] + share * states[n + 1]
        np.testing.assert_allclose(path[frame], expected, atol=1e-5)


def test_active_is_that_of_the_layer_in_progress(make: Make) -> None:
    record = make(3, k=1, depth=12)
    line, active = timeline(record, 60), record.probe["flow_active"]
    for frame in range(len(line)):
        if line.phases[frame] == "bottleneck":
            expected = active[6]
        else:
            n = int(line.times[frame] / 0.25 + 1e-6)
            n = min(n, 5) if line.phases[frame] == "encoder" else max(n, 6)
            expected = active[min(n, 11)]
        assert line.active[frame].tolist() == expected.tolist(), frame


def test_captions_say_where_and_when(make: Make) -> None:
    line = timeline(make(3, k=2, depth=12), 60)
    assert line.captions[0] == "t = 0.00 · encoder · layer 1 of 12 · driven 3 of 3"
    assert line.captions[30] == "t = 1.50 · bottleneck · projection drops u₃ · kept 2 of 3"
    assert line.captions[-1] == "t = 3.00 · decoder · layer 12 of 12 · driven 3 of 3"
    many = timeline(make(64, k=8, depth=8), 20)
    assert "projection drops 56 components · kept 8 of 64" in many.captions[10]


def test_what_is_finite_survives_beside_what_is_not(make: Make) -> None:
    record = make(2)
    line = timeline(record, 26)
    states = record.probe["flow_states"].astype(float).copy()
    states[3:] = np.nan
    path = line.along(states, states[6])
    assert np.isfinite(path[line.places <= 2]).all() and np.isnan(path[line.places > 2]).all()


@given(frames=st.integers(4, 90), depth=st.sampled_from([4, 6, 20]), horizon=st.floats(0.01, 100))
def test_every_depth_and_horizon_gives_a_monotone_timeline(
    make: Make, frames: int, depth: int, horizon: float
) -> None:
    line = timeline(make(2, n=3, depth=depth, horizon=horizon), frames)
    assert (np.diff(line.places) >= 0).all() and line.places[-1] == depth + 1
    assert len(line.captions) == len(line.times) == len(line.active) == len(line.phases)
