"""The pictures that only lessons show say what the run's numbers say."""

from collections.abc import Callable

import numpy as np
import pytest

from autoencode_core.figures.lessons.pca import (
    off_the_axis,
    pca_of_probe,
    principal_variances,
    variances_figure,
    variances_words,
)
from autoencode_core.figures.lessons.reach import driven_time, reach_figure, reach_words, regrown
from autoencode_core.figures.lessons.scatter import scatter_figure, scatter_words
from autoencode_core.figures.scenes.bottleneck import (
    bottleneck_scene,
    bottleneck_states,
    drawn_components,
    ringed,
)
from autoencode_core.figures.scenes.pca import pca_scene
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def test_the_bars_are_the_variances_and_those_dropped_are_hatched(make: Make) -> None:
    record = make(3, k=2)
    bars = variances_figure(record).data[0]
    inputs = np.asarray(record.probe["inputs"], float)
    np.testing.assert_allclose(np.sum(bars.y), np.var(inputs, axis=0).sum(), rtol=1e-6)
    assert list(bars.y) == sorted(bars.y, reverse=True) and list(bars.marker.pattern.shape) == ["", "", "/"]
    assert f"{principal_variances(record)[2] / np.sum(bars.y):.0%}" in variances_words(record)


def test_pca_moves_the_marked_particle_farthest_and_at_a_right_angle(make: Make) -> None:
    record = make(2, k=1, coordinates="raw")
    inputs, made, one = np.asarray(record.probe["inputs"], float), pca_of_probe(record), off_the_axis(record)
    ways = made - inputs
    assert np.linalg.norm(ways, axis=1).argmax() == one
    along = made - made.mean(axis=0)
    assert np.abs(np.einsum("ij,ij->i", ways, along)).max() < 1e-6
    assert len(pca_scene(record, "x")["panes"][0]["lines"]) == 0
    (ways_drawn,) = pca_scene(record, "x", rebuilt=True)["panes"][0]["lines"]
    assert ways_drawn["counts"] == [2] * len(inputs)


def test_at_the_bottleneck_the_code_lies_across_and_what_is_dropped_upwards(make: Make) -> None:
    record = make(3, k=2)
    across, up = drawn_components(record)
    kept = record.probe["flow_active"][len(record.probe["flow_states"]) // 2]
    assert kept[across] and not kept[up]
    before, after = (bottleneck_states(record, projected) for projected in (False, True))
    np.testing.assert_allclose(before[:, 0], after[:, 0])
    assert (after[:, 1] == 0).all() and np.abs(before[:, 1]).argmax() == ringed(record)
    assert [pane["key"] for pane in bottleneck_scene(record, "x")["panes"]] == ["before"]
    both = bottleneck_scene(record, "x", after=True, places=True)["panes"]
    assert [pane["key"] for pane in both] == ["before", "after"]
    assert both[0]["range"] == both[1]["range"] and both[0]["places"]


def test_the_reach_is_the_time_that_the_decoder_drives_the_component(make: Make) -> None:
    record = make(3, k=2, depth=8, horizon=4.0)
    active = record.probe["flow_active"][4:8, regrown(record)]
    assert driven_time(record, regrown(record)) == pytest.approx(0.5 * active.sum())
    walls = reach_figure(record).data[1]
    assert {abs(y) for y in walls.y if y is not None} == {driven_time(record, regrown(record))}
    assert f"{driven_time(record, regrown(record)):.3g}" in reach_words(record)


def test_the_line_of_the_scatter_has_the_slope_that_is_told() -> None:
    counts = np.array([10, 100, 1000])
    answer = {
        "counts": counts,
        "samples": np.array([50, 50, 50]),
        "scatter": 2 * counts**-0.5,
        "mean": 0.2,
        "exponent": -0.5,
        "note": "",
    }
    line, marks = scatter_figure(answer).data  # type: ignore[arg-type]  # a dict is what arrives
    np.testing.assert_allclose(line.y, marks.y)
    assert "−0.50" in scatter_words(answer) and "−0.50" in str(scatter_figure(answer).layout)  # type: ignore[arg-type]
