"""The landscape of the cost as a scene."""

from typing import Any

import numpy as np
import pytest
from reading import read_scene

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.landscape import AXES, line_scene, plane_scene


def plane_answer(**changes: Any) -> dict[str, Any]:
    """A double well with minima at a = ±1, b = 0, on a grid with other lengths of its axes."""
    a, b = np.linspace(-2, 2, 9), np.linspace(-1, 1, 5)
    x, y = np.meshgrid(a, b)
    found = {
        "a": a,
        "b": b,
        "data_term": (x**2 - 1) ** 2 + y**2,
        "square": (x + 1) ** 2 + y**2,
        "marks": np.array([[1.0, 0.0], [-1.0, 0.0]]),
        "path": np.array([[0.0, 0.5], [0.5, 0.2], [1.0, 0.0]]),
        "path_off": np.array([1.0, 0.5, 0.0]),
        "zero": np.array([-1.0, 0.0]),
        "zero_off": 0.3,
        "values": np.array([8.0, 2.0]),
        "note": "",
    }
    found |= changes
    unknown = np.full(len(found["marks"]), np.nan)
    return {"marks_data_term": unknown, "marks_square": unknown, "zero_data_term": np.nan} | found


def line_answer(**changes: Any) -> dict[str, Any]:
    s = np.linspace(-0.25, 1.25, 31)
    return {"s": s, "data_term": s**2, "square": 1 + s, "distance": 2.5, "note": ""} | changes


def sent(scene: dict[str, Any]) -> dict[str, Any]:
    return read_scene(encode(scene))


@pytest.mark.parametrize("kind", list(AXES))
def test_a_plane_travels_with_b_along_the_first_axis(kind: str) -> None:
    answer = plane_answer()
    scene = sent(plane_scene(answer, 0.01, "a", kind))
    assert scene["kind"] == "plane" and len(scene["axes"]) == 2 and not any("{" in w for w in scene["axes"])
    for name in ("a", "b", "data_term", "square", "path"):
        np.testing.assert_allclose(scene[name], answer[name], rtol=1e-6)
    assert scene["data_term"].shape == (5, 9)
    low, high = scene["range"]
    assert low < 0.01 < high and scene["tikhonov"] == 0.01 and scene["values"] == [8.0, 2.0]


def test_marks_have_names_and_the_run_comes_first() -> None:
    marks = plane_scene(plane_answer(), 0.01, "a", "minimisers", names=["θ*", "seed 3"])["marks"]
    assert [mark["name"] for mark in marks] == ["θ*", "seed 3", "θ = 0"]
    assert marks[0]["at"] == [1.0, 0.0] and marks[0]["off"] == 0 and marks[2]["off"] == 0.3
    assert len({mark["role"] for mark in marks}) == 3
    plain = plane_scene(plane_answer(), 0.01, "a")["marks"]
    assert [mark["name"] for mark in plain] == ["θ*", "minimiser 2", "θ = 0"]


def test_axes_through_minimisers_are_called_as_these_are() -> None:
    scene = plane_scene(plane_answer(), 0.01, "a", "minimisers", names=["θ*", "run 7", "run 9"])
    assert scene["axes"] == ["towards run 7", "across, side of run 9"]
    plain = plane_scene(plane_answer(), 0.01, "a", "minimisers")
    assert plain["axes"][0] == "towards minimiser 2"


def test_marks_carry_the_cost_of_their_own_controls() -> None:
    answer = plane_answer(
        marks=np.array([[0.98, 0.0], [-1.0, 0.0]]),
        marks_data_term=np.array([-0.5, 0.0]),
        marks_square=np.array([4.0, np.inf]),
        zero_data_term=3.0,
    )
    scene = plane_scene(answer, 0.01, "a")
    first, second, zero = scene["marks"]
    assert (first["data_term"], first["square"]) == (-0.5, 4.0) and "square" not in second
    assert (zero["data_term"], zero["square"]) == (3.0, 0.0)
    assert "from −0.46 to" in scene["alt"] and "lowest at θ*" in scene["alt"]


def test_what_is_beside_the_plane_is_said_in_words() -> None:
    words = plane_scene(plane_answer(), 0.01, "a")["alt"]
    assert "θ = 0 lies 0.3 off this plane." in words and "path runs up to 1 beside it" in words
    there = plane_answer(zero_off=0.0, path=np.empty((0, 2)), path_off=np.empty(0))
    assert "plane. " not in plane_scene(there, 0.01, "a")["alt"]


def test_the_lowest_place_is_said_in_words() -> None:
    assert "lowest at (−1, 0)" in plane_scene(plane_answer(), 0.01, "a")["alt"]
    words = line_scene(line_answer(), 0.0, "a", ("θ*", "seed 2"))["alt"]
    assert "0 at θ*" in words and "1 at seed 2" in words


def test_what_is_not_finite_and_no_path_can_be_sent() -> None:
    answer = plane_answer(path=np.empty((0, 2)), path_off=np.empty(0), values=np.empty(0))
    answer["data_term"] = np.full((5, 9), np.inf)
    scene = sent(plane_scene(answer, 0.01, "a"))
    assert np.isnan(scene["data_term"]).all() and scene["path"].shape == (0, 2)
    assert "not finite" in scene["alt"]
    some = plane_answer(zero=np.array([np.nan, 0.0]), marks=np.array([[0.0, 0.0], [np.inf, 0.0]]))
    assert [mark["name"] for mark in plane_scene(some, 0.01, "a")["marks"]] == ["θ*"]


@pytest.mark.parametrize("tikhonov", [0.0, 1e-9, 1e3])
def test_any_weight_has_a_range_of_the_slider(tikhonov: float) -> None:
    low, high = line_scene(line_answer(), tikhonov, "a")["range"]
    assert 0 < low < high


def test_wrong_answers_are_refused() -> None:
    with pytest.raises(InputError, match="kind"):
        plane_scene(plane_answer(), 0.01, "a", "sideways")
    with pytest.raises(InputError, match="answer"):
        plane_scene(plane_answer(square=np.ones((9, 5))), 0.01, "a")
    with pytest.raises(InputError, match="answer"):
        line_scene(line_answer(square=np.ones(3)), 0.01, "a")
