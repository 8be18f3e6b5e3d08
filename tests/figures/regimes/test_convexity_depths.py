"""ν against the number of layers as a picture and a table."""

import numpy as np
import pytest
from figures.regimes.answers import depths

from autoencode_core.export.csv_text import columns_csv
from autoencode_core.figures import theme
from autoencode_core.figures.regimes.convexity_depths import (
    curvature_depths_alt,
    curvature_depths_figure,
    curvature_depths_table,
)

TOLD = depths([-0.011, -0.31, -0.34], limit=-0.343, error=0.03, shrink=0.1)
OPEN = depths([-0.01, -0.03, -0.05], "open", shrink=1.0)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("answer", [TOLD, OPEN, depths([-0.01], "few")])
def test_every_level_is_a_mark_of_both_curves(answer, dark):
    figure, told = curvature_depths_figure(answer, dark=dark), np.isfinite(answer["limit"])
    curves = [t for t in figure.data if t.mode == "lines+markers"]
    whole = [t for t in curves if isinstance(t.marker.symbol, str)]
    assert [list(t.x) for t in whole] == [answer["depths"].tolist()] * 2
    assert len({t.marker.symbol for t in whole}) == len({t.line.dash for t in whole}) == 2
    assert len(curves) == (4 if told else 2)
    assert list(figure.layout.xaxis.ticktext)[-1] == ("limit" if told else str(answer["depths"][-1]))
    for trace, name in zip(whole, ("convexity", "nu"), strict=True):
        assert (np.sign(trace.y) == np.sign(answer[name])).all()
    text = figure.to_json()
    assert theme.colour("ink", dark) in text and theme.colour("ink", not dark) not in text


def test_the_limit_is_hollow_with_a_bar_of_its_error():
    figure = curvature_depths_figure(TOLD)
    ends = [t for t in figure.data if t.mode == "lines+markers" and not isinstance(t.marker.symbol, str)]
    assert [t.marker.symbol[1] for t in ends] == ["circle-open", "square-open"]
    assert all("give or take 0.03" in t.hovertext[1] for t in ends)
    for bars, end in zip([t for t in figure.data if t.mode == "lines"], ends, strict=True):
        assert bars.y[-3] < end.y[1] < bars.y[-2] and bars.x[-2] == end.x[1]


def test_the_picture_in_words_and_as_a_table():
    said = curvature_depths_alt(TOLD).replace("−", "-")
    assert "0.009 with 4 layers, -0.29 with 8 layers" in said and "limit is about -0.323" in said
    assert "no limit is told" in curvature_depths_alt(OPEN)
    table = curvature_depths_table(TOLD)
    assert table["layers"] == [4, 8, 16, np.inf] and table["nu"][-1] == -0.343
    rows = columns_csv(table).decode().splitlines()
    assert len(rows) == 5 and rows[0].startswith("layers,nu,bound,floor,convexity,gradient_norm")
    assert len(columns_csv(curvature_depths_table(OPEN)).decode().splitlines()) == 4
