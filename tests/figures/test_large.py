"""Figures for a projector: pixels grow, data do not."""

import json

import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures.large import enlarged
from autoencode_core.figures.run.pictures import picture
from autoencode_core.figures.updating import larger_type


def pixels(figure: go.Figure) -> list[float]:
    layout, trace = figure.layout, figure.data[0]
    fonts = [layout.font.size, layout.xaxis.tickfont.size, layout.annotations[0].font.size]
    return [*fonts, layout.height, layout.margin.l, trace.line.width]


@given(st.floats(0.5, 4))
def test_every_length_in_pixels_grows_by_the_factor_and_no_number_of_the_data(factor):
    figure = go.Figure(
        data=[
            {"type": "scatter", "x": [0, 1], "y": [2, 3], "line": {"width": 2}, "marker": {"size": [4, 5]}}
        ],
        layout={"height": 300, "margin": {"l": 60}, "font": {"size": 12}, "xaxis": {"range": [0, 1]}},
    )
    large = enlarged(figure, factor)
    assert large.layout.height == 300 * factor and large.layout.margin.l == 60 * factor
    assert large.layout.font.size == 12 * factor and large.data[0].line.width == 2 * factor
    assert list(large.data[0].marker.size) == [4 * factor, 5 * factor]
    assert list(large.data[0].y) == [2, 3] and list(large.layout.xaxis.range) == [0, 1]
    assert figure.layout.height == 300


def test_a_figure_of_the_app_grows_and_as_it_is_it_is_the_same(make):
    figure = picture(make(3), "history")
    assert enlarged(figure, 1.0) is figure
    large = enlarged(figure, 1.5)
    assert pixels(large) == [1.5 * value for value in pixels(figure)]
    assert large.layout.yaxis.domain == figure.layout.yaxis.domain
    for name in ("reconstruction", "errors"):
        json.loads(enlarged(picture(make(3), name), 2.0).to_json())


def test_words_of_an_updating_chart_grow_and_its_other_settings_stay():
    layers = {"layer": [1], "config": {"axis": {"titleColor": "red"}}}
    large = larger_type(layers, 2.0)
    assert large["config"]["axis"]["titleColor"] == "red" and large["config"]["axis"]["labelFontSize"] == 24
    assert larger_type(layers, 1.0) == layers
