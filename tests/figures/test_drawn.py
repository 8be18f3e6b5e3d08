"""A figure written out once: the same figure, as large as it is shown, with its words."""

import json

import plotly.graph_objects as go

from autoencode_core.figures.drawn import drawn
from autoencode_core.figures.terms import words_of


def figure():
    made = go.Figure(go.Scatter(x=[0.0, 1.0], y=[2.0, 3.0], name="Cost J"), {"height": 300})
    made.update_xaxes(title="Flow time t")
    made.add_annotation(text="Test error")
    return made


def test_it_is_the_figure_with_its_words():
    found = drawn(figure())
    assert go.Figure(json.loads(found.spec)).to_dict()["data"] == figure().to_dict()["data"]
    assert found.plain is found.spec and found.height == 300
    assert list(found.words) == words_of(figure()) and found.words
    assert json.loads(found.spec)["layout"]["annotations"][0]["hovertext"]


def test_it_is_larger_where_it_is_shown_so_and_as_it_was_in_a_file():
    found = drawn(figure(), 2.0)
    assert (found.height, json.loads(found.plain)["layout"]["height"]) == (600, 300)
    assert drawn(go.Figure()).height is None
