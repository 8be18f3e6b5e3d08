"""Which component is turned off, as pictures and words."""

import numpy as np
import pytest

from autoencode_core.figures.control.component import (
    component_names,
    component_words,
    horizons_figure,
    horizons_table,
)
from autoencode_core.figures.scenes.component import component_scene
from autoencode_core.figures.scenes.encoding import encode


def answer(accuracy=(0.93, 0.6), chance=0.55, **more):
    rng = np.random.default_rng(0)
    active = np.ones((2, 5, 2), bool)
    active[0, 2:, 1] = active[1, 2:, 0] = False
    states = rng.normal(size=(2, 5, 7, 2)).astype(np.float32)
    states[0, -1, :, 1] = states[1, -1, :, 0] = 0
    return {
        "states": states,
        "dropped": states[:, -1].copy(),
        "active": active,
        "times": np.linspace(0, 1, 5),
        "off": np.array([1, 0]),
        "labels": np.arange(7) % 2,
        "positions": np.array([-1.0, 1.0]),
        "names": ["upper moon", "lower moon"],
        "columns": ["x1", "x2"],
        "accuracy": np.array(accuracy),
        "chance": chance,
        "tested": 250,
        **more,
    }


def horizons(**more):
    accuracy = np.linspace(0.4, 1, 12).reshape(2, 3, 2)
    found = {"horizons": np.array([0.5, 1.0, 4.0]), "seeds": np.array([0, 1]), "accuracy": accuracy}
    return answer() | found | more


def test_words_name_the_better_choice():
    said = component_words(answer())
    assert "With x₂ turned off 93.0%" in said and "with x₁ turned off 60.0%." in said
    said = component_words(answer((0.4, 0.9)))
    assert "With x₁ turned off 90.0%" in said and "no better than always naming the larger class" in said


def test_words_say_when_the_choice_does_not_matter_or_nothing_is_known():
    assert "does not matter" in component_words(answer((0.99, 0.98)))
    assert "diverged" in component_words(answer((0.99, np.nan)))


def test_names_of_a_file_are_not_markup():
    first, second = component_names(answer(columns=["<b>a</b>", "b"]))
    assert first == "<b>a</b>" and second == "b"  # as text, for textContent
    figure = horizons_figure(horizons(columns=["<b>a</b>", "b"]))
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "<b>a" not in said


@pytest.mark.parametrize("dark", [False, True])
def test_every_seed_is_a_mark_and_the_line_joins_their_means(dark):
    found = horizons()
    figure = horizons_figure(found, dark=dark)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    for place in range(2):
        assert np.allclose(lines[place].y, found["accuracy"][place].mean(axis=1))
        assert np.allclose(marks[place].y, found["accuracy"][place].ravel())
        assert list(marks[place].x) == [0.5, 0.5, 1.0, 1.0, 4.0, 4.0]
    assert marks[0].marker.symbol != marks[1].marker.symbol and lines[0].line.dash != lines[1].line.dash
    low, high = figure.layout.yaxis.range
    assert low < found["accuracy"].min() and high > 1


def test_the_table_has_a_row_for_each_run():
    table = horizons_table(horizons())
    assert {len(column) for column in table.values()} == {12}
    row = [column[5] for column in table.values()]
    assert row[:3] == [4.0, 1, "x₂"] and row[3] == horizons()["accuracy"][0, 2, 1]


def test_both_flows_share_clock_axes_and_colours():
    scene = component_scene(answer(), "run")
    left, right = scene["panes"]
    assert (
        left["range"] == right["range"]
        and left["title"] == "x₂ turned off"
        and right["title"] == "x₁ turned off"
    )
    assert left["hollow"] == [0, 0, 1, 1, 1]
    assert scene["timeline"]["horizon"] == 2.0 and scene["timeline"]["widths"] == [2, 2, 1, 1, 1]
    assert scene["colours"][0]["names"] == ["upper moon", "lower moon"]
    assert encode(scene)


def test_the_places_of_the_labels_lie_on_the_axis_that_is_left():
    for place, pane in enumerate(component_scene(answer(), "run")["panes"]):
        low, high = np.asarray(pane["quanta"]).T
        spots = low + (pane["points"][0]["positions"].astype(float) + 32767) / 65534 * (high - low)
        assert np.allclose(spots[:, place], [-1, 1], atol=1e-3) and np.allclose(
            spots[:, 1 - place], 0, atol=1e-3
        )
