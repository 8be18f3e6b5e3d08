"""Scenes as bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reading import read_scene

from autoencode_core.figures.scenes.encoding import NOWHERE, encode, quanta, quantised

numbers = st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf")])


def test_arrays_come_back_at_any_depth() -> None:
    scene = {
        "id": "λ = 1",
        "panes": [{"a": np.arange(7, dtype=np.uint8), "b": [np.float32(2), None, True]}],
        "x": np.arange(6, dtype=np.float32).reshape(2, 3),
        "y": np.array([[-1, NOWHERE]], np.int16),
    }
    back = read_scene(encode(scene))
    assert back["id"] == "λ = 1" and back["panes"][0]["b"] == [2.0, None, True]
    np.testing.assert_array_equal(back["panes"][0]["a"], np.arange(7))
    np.testing.assert_array_equal(back["x"], scene["x"])
    np.testing.assert_array_equal(back["y"], scene["y"])


def test_other_kinds_and_what_json_has_not_are_refused() -> None:
    with pytest.raises(TypeError, match="float64"):
        encode({"x": np.zeros(2)})
    with pytest.raises(ValueError):
        encode({"x": float("nan")})


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3)), elements=numbers))
def test_quantised_places_are_near_and_the_rest_is_nowhere(points: np.ndarray) -> None:
    box = quanta(points)
    assert (box[:, 1] > box[:, 0]).all() and np.isfinite(box).all()
    levels = quantised(points, box)
    there = np.isfinite(points).all(axis=-1)
    assert (levels[~there] == NOWHERE).all()
    back = box[:, 0] + (levels[there].astype(float) + 32767) / 65534 * (box[:, 1] - box[:, 0])
    assert np.abs(back - points[there]).max(initial=0) <= 0.51 * (box[:, 1] - box[:, 0]).max() / 65534


def test_what_is_out_of_the_box_goes_to_its_edge() -> None:
    levels = quantised(np.array([[-5.0], [0.5], [9.0]]), np.array([[0.0, 1.0]]))
    assert levels[:, 0].tolist() == [-32767, 0, 32767]
