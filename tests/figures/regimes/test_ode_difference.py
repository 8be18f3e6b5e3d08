"""Which runs of a study left their ODE: in the panel, by a stroke, in words, and never by colour alone."""

import re
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from figures.studies import continuation, curved, fidelities, lost, strip

from autoencode_core.figures.regimes.continuation import continuation_figure, continuation_words
from autoencode_core.figures.regimes.convexity import curvature_figure, curvature_words
from autoencode_core.figures.regimes.ode_difference import HIGHEST, LOWEST, STROKE, ode_words
from autoencode_core.figures.regimes.strip import strip_figure, strip_words
from autoencode_core.ode import share
from autoencode_core.store.study import Study

LEFT = {0: 0.25, 1: 3.0, 2: 0.05, 5: 0.12}
"""Places, of the strip by hand: three at λ = 0.001, one at 0.003."""


def marks(figure: go.Figure, x: str) -> dict[int, float]:
    """Height of each mark of a panel, by the run that it stands for."""
    shown = (trace for trace in figure.data if trace.customdata is not None and trace.xaxis == x)
    return {int(i): y for trace in shown for i, y in zip(trace.customdata, trace.y, strict=True)}


def stroked(figure: go.Figure, x: str) -> list[tuple[float, float]]:
    """Places of the strokes in a panel."""
    shown = (t for t in figure.data if t.mode == "markers" and t.marker.symbol == STROKE and t.xaxis == x)
    return sorted(place for trace in shown for place in zip(trace.x, trace.y, strict=True))


def written(figure: go.Figure) -> list[str]:
    return [re.sub("<[^>]*>", "", note.text) for note in figure.layout.annotations]


def test_the_panel_shows_every_known_difference_with_both_levels_named() -> None:
    study = fidelities(strip(), {**LEFT, 3: 1e-9, 7: float("inf")})
    figure = strip_figure(study)
    heights = marks(figure, "x4")
    assert sorted(heights) == list(range(20))
    for place, outcome in enumerate(study.outcomes):
        found = outcome.ode_difference
        assert found is not None and heights[place] == np.clip(found, LOWEST, HIGHEST)
    axis = figure.layout.yaxis4
    assert axis.type == "log"
    low, high = axis.range
    assert all(low <= np.log10(y) <= high for y in (*heights.values(), *axis.tickvals))
    assert {"2 %", "10 %", "≤ 0.01 %", "≥ 1000 %"} <= set(axis.ticktext)
    assert {"left its ODE", "nearly", "ODE"} <= set(written(figure))
    levels = {shape.y0 for shape in figure.layout.shapes if shape.yref == "y4" and shape.type == "line"}
    assert levels == {0.02, 0.1}


def test_levels_are_on_the_axis_wherever_the_runs_are() -> None:
    for found in (1e-9, 0.015, 40.0):
        axis = strip_figure(fidelities(strip(), {}, found)).layout.yaxis4
        assert axis.range[0] < np.log10(0.02) < np.log10(0.1) < axis.range[1]
        assert {0.02, 0.1} <= set(axis.tickvals)


def test_there_is_no_panel_where_nothing_is_known_and_the_words_say_so() -> None:
    study = strip()
    figure = strip_figure(study)
    assert not marks(figure, "x4") and "ODE difference" not in " ".join(written(figure))
    assert "is not known" in strip_words(study)
    assert "is not known" in continuation_words(continuation())
    assert ode_words(strip(outcomes=(lost(0.1, 0),))) == ""


@pytest.mark.parametrize("stacked", [False, True])
def test_panels_do_not_overlap(stacked: bool) -> None:
    layout = strip_figure(fidelities(strip(), LEFT), stacked=stacked).layout
    boxes = [
        (*layout[f"xaxis{number}"].domain, *layout[f"yaxis{number}"].domain) for number in ("", "2", "3", "4")
    ]
    for i, (left, right, foot, head) in enumerate(boxes):
        for left_2, right_2, foot_2, head_2 in boxes[i + 1 :]:
            assert right <= left_2 or right_2 <= left or head <= foot_2 or head_2 <= foot
    named = [layout[f"xaxis{number}"].showticklabels for number in ("", "2", "3", "4")]
    assert named == ([False, False, False, True] if stacked else [False, False, True, True])


@pytest.mark.parametrize(
    ("study", "draw", "panels"),
    [
        (strip(), strip_figure, ("x", "x3", "x4")),
        (curved(strip()), curvature_figure, ("x", "x2")),
        (continuation(), continuation_figure, ("x", "x2", "x3")),
    ],
)
def test_a_stroke_goes_through_the_marks_of_those_that_left(study: Study, draw: Any, panels: Any) -> None:
    gone = fidelities(study, LEFT)
    figure = draw(gone)
    for x in panels:
        shown = [t for t in figure.data if t.customdata is not None and t.xaxis == x]
        places = {int(i): at for t in shown for i, *at in zip(t.customdata, t.x, t.y, strict=True)}
        assert stroked(figure, x) == sorted(tuple(places[i]) for i in (0, 1, 5))
    assert any(note.strip().startswith("╱ left its ODE") for note in written(figure))
    whole = draw(fidelities(study, {}))
    assert not stroked(whole, "x") and not any("╱" in note for note in written(whole))


def test_counts_with_runs_that_left_stand_in_brackets() -> None:
    counts = [
        note for note in written(strip_figure(fidelities(strip(), LEFT))) if re.fullmatch(r"\(?\d\)?", note)
    ]
    assert counts == ["(4)", "(4)", "2", "1", "1"]


def test_the_words_tell_where_the_ode_was_left() -> None:
    said = strip_words(fidelities(strip(), LEFT))
    assert "3 of 20 runs left their ODE, at λ = 0.001 and 0.003 (up to 300 % from the exact flow)" in said
    assert "not what a flow does" in said
    assert "1 of 20 runs is nearly an ODE, at λ = 0.001 (5 % from the exact flow)." in said
    assert ode_words(fidelities(strip(), {0: float("inf")})).startswith(
        "1 of 20 runs left its ODE, at λ = 0.001 (without bound"
    )
    assert ode_words(fidelities(strip(), {})) == (
        "Every run is a discretised ODE, at most 0.1 % from its exact flow."
    )
    assert ode_words(fidelities(strip(), {0: 0.25}, None)).endswith("Of 19 it is not known.")
    for words in (continuation_words, curvature_words):
        assert "3 of 12 runs left their ODE" in words(fidelities(curved(continuation()), LEFT))


def test_a_difference_is_written_without_an_exponent_between_a_thousandth_and_ten() -> None:
    found = [share(difference) for difference in (0.0, 0.0004, 0.0123, 0.5, 0.9951, 3.0, 5.83, 12.0)]
    assert found == ["0 %", "0.04 %", "1.2 %", "50 %", "100 %", "300 %", "583 %", "12 times the spread"]


def test_the_pointer_tells_the_difference() -> None:
    figure = strip_figure(fidelities(strip(), LEFT))
    told = {
        int(i): text
        for t in figure.data
        if t.customdata is not None
        for i, text in zip(t.customdata, t.hovertext, strict=True)
    }
    assert told[0].endswith("ODE difference 25 %: it left its ODE")
    assert told[2].endswith("ODE difference 5 %: nearly an ODE") and told[9].endswith("0.1 %: an ODE")


def test_lines_of_the_key_fit_a_narrow_page() -> None:
    lines = [line for line in written(strip_figure(fidelities(strip(), LEFT))) if "╱" in line]
    assert len(lines) == 1 and len(lines[0].strip()) < 60
