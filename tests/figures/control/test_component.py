"""The accuracy with either component turned off, as pictures and words."""

import numpy as np
import pytest
from figures.control.answers import component, component_horizons

from autoencode_core.figures.control.component import (
    component_names,
    component_words,
    horizons_figure,
    horizons_table,
)


def test_words_name_the_better_choice():
    said = component_words(component())
    assert "With x₂ turned off 93.0%" in said and "with x₁ turned off 60.0%." in said
    said = component_words(component((0.4, 0.9)))
    assert "With x₁ turned off 90.0%" in said and "no better than always naming the larger class" in said


def test_words_say_when_the_choice_does_not_matter_or_nothing_is_known():
    assert "does not matter" in component_words(component((0.99, 0.98)))
    assert "diverged" in component_words(component((0.99, np.nan)))


def test_names_of_a_file_are_not_markup():
    first, second = component_names(component(columns=["<b>a</b>", "b"]))
    assert first == "<b>a</b>" and second == "b"  # as text, for textContent
    figure = horizons_figure(component_horizons(columns=["<b>a</b>", "b"]))
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "<b>a" not in said


@pytest.mark.parametrize("dark", [False, True])
def test_every_seed_is_a_mark_and_the_line_joins_their_means(dark):
    found = component_horizons()
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
    table = horizons_table(component_horizons())
    assert {len(column) for column in table.values()} == {12}
    row = [column[5] for column in table.values()]
    assert row[:3] == [4.0, 1, "x₂"] and row[3] == component_horizons()["accuracy"][0, 2, 1]
