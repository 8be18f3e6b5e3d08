"""What is drawn where."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autoencode_core.errors import InputError
from autoencode_core.figures import arrays as geometry
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]

numbers = st.floats(-1e6, 1e6) | st.just(float("nan"))


def test_few_components_are_drawn_as_they_are(make: Make) -> None:
    record = make(3)
    shown = geometry.view(record)
    assert shown.names == ("u₁", "u₂", "u₃") and shown.titles[1] == "u₂ (principal axis)"
    states = record.probe["flow_states"]
    np.testing.assert_allclose(shown.project(states), states, rtol=1e-6)


def test_raw_axes_have_the_names_of_the_columns(make: Make) -> None:
    record = make(2, coordinates="raw")
    assert geometry.view(record).names == ("x₁", "x₂")
    named = replace(record, columns=("height", "<b>weight"))
    assert geometry.view(named).titles == ("height", "&lt;b&gt;weight")


def test_many_principal_components_keep_the_first_three(make: Make) -> None:
    record = make(64, k=8, depth=8)
    shown = geometry.view(record)
    np.testing.assert_allclose(
        shown.project(record.probe["flow_states"]), record.probe["flow_states"][..., :3], rtol=1e-6
    )


@pytest.mark.parametrize("kind", ["raw", "standard"])
def test_many_other_components_are_drawn_on_principal_axes(make: Make, kind: str) -> None:
    record = make(64, k=8, depth=8, coordinates=kind)
    shown = geometry.view(record)
    assert shown.names == ("PC₁", "PC₂", "PC₃") and "64" in shown.axes
    np.testing.assert_allclose(shown.basis.T @ shown.basis, np.eye(3), atol=1e-10)
    spread = shown.project(record.probe["flow_states"][0]).std(axis=0)
    assert spread[0] >= spread[1] >= spread[2] > 0


def test_hollow_when_a_drawn_axis_is_mostly_inactive(make: Make) -> None:
    shown = geometry.view(make(3))
    assert shown.hollow(np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1]], bool)).tolist() == [False, True, True]
    far = geometry.view(make(64, k=8, depth=8))
    active = np.ones((2, 64), bool)
    active[0, 3:] = False  # what is not drawn may be inactive
    active[1, 0] = False
    assert far.hollow(active).tolist() == [False, True]


def test_data_units_and_back(make: Make) -> None:
    for kind in ("raw", "standard", "principal"):
        record = make(3, coordinates=kind)
        inputs = record.probe["inputs"]
        np.testing.assert_allclose(
            geometry.to_data(record, geometry.to_flow(record, inputs)), inputs, atol=1e-12
        )
        np.testing.assert_allclose(
            geometry.to_flow(record, inputs), record.probe["flow_states"][0], atol=1e-5
        )


def test_a_run_without_flow_is_refused(make: Make, change: Callable[..., RunRecord]) -> None:
    with pytest.raises(InputError, match="flow_states"):
        geometry.flow_states(change(make(2), flow_states=np.empty((0, 5, 2))))


def test_codes_fall_back_on_the_flow(make: Make, change: Callable[..., RunRecord]) -> None:
    record = make(3, k=2)
    bare = change(record, snapshot_codes=np.empty((0,)), snapshot_outputs=np.empty((0,)))
    np.testing.assert_allclose(geometry.codes(bare), geometry.codes(record))
    np.testing.assert_allclose(geometry.outputs(bare), geometry.outputs(record), atol=1e-5)


@given(arrays(float, st.tuples(st.integers(0, 30), st.integers(1, 3)), elements=numbers))
def test_limits_hold_every_finite_point(points: np.ndarray) -> None:
    low, high = geometry.limits(points).T
    assert np.isfinite([low, high]).all() and (low < high).all()
    some = np.isfinite(points)
    assert ((points >= low) | ~some).all() and ((points <= high) | ~some).all()


def test_limits_let_a_diverging_flow_leave() -> None:
    start = np.array([[-1.0, -1.0], [1.0, 1.0]])
    low, high = geometry.limits(np.array([[0.0, 1e9], [-1.0, 1.0]]), start).T
    assert high[1] < 20 and low[0] <= -1


@given(arrays(float, st.integers(0, 200), elements=numbers))
def test_swarm_stays_in_its_lane_and_parts_equals(values: np.ndarray) -> None:
    offsets = geometry.swarm(values)
    assert offsets.shape == values.shape and (np.abs(offsets) <= 1).all()
    same = np.flatnonzero(values == values[0]) if len(values) else np.empty(0, int)
    assert len(set(offsets[same])) == len(same)


@given(st.integers(1, 500), st.integers(1, 500))
def test_pick_is_even_and_within_bounds(n: int, most: int) -> None:
    chosen = geometry.pick(n, most)
    assert len(chosen) == min(n, most) and chosen[0] == 0 and chosen[-1] < n
    assert len(chosen) < 3 or np.ptp(np.diff(chosen)) <= 1


def test_one_of_each_class_first() -> None:
    labels = np.array([2, 2, 0, 0, 1])
    assert labels[geometry.one_of_each(labels, 5, 4)].tolist() == [0, 1, 2, 0]
    assert geometry.one_of_each(np.empty(0, int), 5, 3).tolist() == [0, 2, 4]


def test_principal_axes_of_one_point_or_of_nan() -> None:
    for points in (np.ones((1, 5)), np.full((4, 5), np.nan), np.ones((6, 5))):
        center, axes = geometry.principal_axes(points, 3)
        assert np.isfinite(center).all()
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)


def test_many_codes_are_drawn_on_two_axes_that_say_so() -> None:
    codes = np.random.default_rng(0).normal(size=(30, 8))
    points, names = geometry.code_view(codes)
    assert points.shape == (30, 2) and "principal axis of the 8 codes" in names[0]
    assert points[:, 0].std() >= points[:, 1].std()
    assert geometry.code_view(codes[:, :3])[1] == ("z₁", "z₂", "z₃")
