"""A drawing becomes a table; nothing that comes from a browser is believed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.data.catalogue import card
from autoencode_core.data.drawing import CLASSES, FEWEST, MOST, drawing_csv, drawing_name, typed_points
from autoencode_core.data.table import read_table
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec

LINE = [[0.1 * i, 0.05 * i, 0] for i in range(12)]

coordinates = st.floats(-2, 2)


@given(st.lists(st.tuples(coordinates, coordinates, st.sampled_from([0, 1])), min_size=FEWEST, max_size=60))
def test_every_point_comes_back_to_four_digits(points):
    x, y, kinds = (np.array(part) for part in zip(*points, strict=True))
    if any(len(set(part.round(4))) == 1 for part in (x, y)):
        return
    table = read_table(drawing_csv(points))
    assert table.columns == ("x", "y")
    assert np.abs(table.values - np.stack([x, y], 1)).max() <= 0.5001e-4
    if len(set(kinds)) == 2:
        assert table.label_names == CLASSES and (table.labels == kinds).all()
    else:
        assert table.labels is None


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (None, "points = NoneType"),
        ({"length": 20}, "points = dict"),
        ("x" * 20, "points = str"),
        (LINE[: FEWEST - 1], f"points = {FEWEST - 1}: allowed is {FEWEST} to 5,000"),
        ([[0.1, 0.2, 0]] * (MOST + 1), "points = 5001"),
        ([*LINE, [0.1, 2.001, 0]], "point 13, y = 2.001: allowed is a number from -2 to 2"),
        ([*LINE, [math.nan, 0, 0]], "point 13, x = nan"),
        ([*LINE, [math.inf, 0, 0]], "point 13, x = inf"),
        ([*LINE, [True, 0, 0]], "point 13, x = True"),
        ([*LINE, ["1", 0, 0]], "point 13, x = 1"),
        ([*LINE, [10**400, 0, 0]], "point 13, x = 1"),
        ([*LINE, [0, 0, 2]], "point 13, class = 2: allowed is A or B"),
        ([*LINE, [0, 0, True]], "point 13, class = True"),
        ([*LINE, [0, 0, [0]]], "point 13, class"),
        ([*LINE, [0, 0]], "point 13, class = None"),
        ([*LINE, 7], "point 13, class = None"),
        ([[x, 1, 0] for x, _, _ in LINE], "all at the same y"),
        ([[-1, y, 0] for _, y, _ in LINE], "all at the same x"),
    ],
)
def test_what_is_no_drawing_is_refused(points, said):
    with pytest.raises(InputError) as caught:
        drawing_csv(points)
    assert said in str(caught.value)


def test_typed_points():
    text = "0.5, -1.2, A\n\n  1 2 b\t\n−0.25;0\n1e-1\t.5 ,\n"
    assert typed_points(text) == [(0.5, -1.2, 0), (1, 2, 1), (-0.25, 0, 0), (0.1, 0.5, 0)]
    assert typed_points(" \n") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2\n3", "line 2 = 3: allowed is x, y and perhaps a class"),
        ("1 2 A 4", "line 1 = 1 2 A 4"),
        ("one two", "line 1 = one two: allowed is numbers"),
        ("1 2 C", "line 1, class = C: allowed is A or B"),
        ("\n1 2.5", "line 2, y = 2.5: allowed is a number from -2 to 2"),
        ("nan 1", "line 1, x = nan"),
        ("1" * 300_000, "300,000 characters"),
    ],
)
def test_a_line_that_is_no_point_is_named(text, said):
    with pytest.raises(InputError) as caught:
        typed_points(text)
    assert said in str(caught.value)


def test_names_are_unique():
    assert drawing_name([]) == drawing_name(["my-drawing-2.csv"]) == "my-drawing.csv"
    assert drawing_name(["my-drawing.csv", "my-drawing-2.csv", "iris.csv"]) == "my-drawing-3.csv"


@pytest.mark.parametrize("name", ["0123456789ab-my-drawing.csv", "0123-my-drawing-12.csv", "my-drawing.csv"])
def test_a_drawing_is_trained_like_the_sets_in_the_plane(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(drawing_csv([[0.1 * i, 0.05 * i * i % 1, i % 2] for i in range(20)]))
    spec, planar = RunSpec(dataset=str(path)), RunSpec(dataset="circle")
    assert spec.coordinates == "principal"  # both columns have the same unit
    assert spec.particles == 16
    alike = ("bottleneck", "field", "expansion", "depth", "horizon", "tikhonov", "iterations")
    assert [getattr(spec, key) for key in alike] == [getattr(planar, key) for key in alike]


@pytest.mark.parametrize(
    ("name", "heads"), [("my-drawing.csv", "a,b"), ("iris.csv", "x,y"), ("amy-drawing.csv", "x,y")]
)
def test_another_table_is_no_drawing(name, heads, tmp_path):
    path = tmp_path / name
    path.write_text(f"{heads}\n" + "".join(f"{i},{i * i}\n" for i in range(9)))
    assert card(str(path)).defaults["coordinates"] != "principal"
