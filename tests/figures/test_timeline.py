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


def test_nothing_dropped_needs_no_projection(make: Make) -> None:
    line = timeline(make(2, k=2), 20)
    assert len(line) == 20 and "bottleneck" not in line.phases


def test_classify_ends_at_the_bottleneck(make: Make) -> None:
    line = timeline(make(3, k=2, classes=2, task="classify", dataset="digits", depth=8), 20)
    assert not line.has_decoder and "decoder" not in line.phases
    assert line.phases[-1] == "bottleneck" and line.times[-1] == pytest.approx(1.5)
    assert "layer 4 of 4" in line.captions[19]


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


@given(frames=st.integers(4, 90), depth=st.sampled_from([4, 6, 20]), horizon=st.floats(0.01, 100))
def test_every_depth_and_horizon_gives_a_monotone_timeline(
    make: Make, frames: int, depth: int, horizon: float
) -> None:
    line = timeline(make(2, n=3, depth=depth, horizon=horizon), frames)
    assert (np.diff(line.places) >= 0).all() and line.places[-1] == depth + 1
    assert len(line.captions) == len(line.times) == len(line.active) == len(line.phases)
