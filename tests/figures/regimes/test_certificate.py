"""The certificate in sentences, and ν against the number of layers as a picture."""

import numpy as np
import pytest

from autoencode_core.export.csv_text import columns_csv
from autoencode_core.figures import theme
from autoencode_core.figures.regimes.certificate import certificate_words, limit_words
from autoencode_core.figures.regimes.convexity_depths import (
    curvature_depths_alt,
    curvature_depths_figure,
    curvature_depths_table,
)

WEIGHT = 0.01


def certificate(nu, floor=None, still=True):
    slope = 1e-7 if still else 7.0
    return {"nu": nu, "floor": nu if floor is None else floor, "gradient_norm": slope, "stationary": still}


def depths(values, trend="geometric", limit=np.nan, error=np.nan, shrink=np.nan, still=(True,), floor=None):
    nu = np.array(values)
    flags = np.array([*still, *[False] * (len(nu) - len(still))])
    return {
        "depths": 4 * 2 ** np.arange(len(nu)),
        "nu": nu,
        "floor": nu if floor is None else np.array(floor),
        "bound": np.full(len(nu), 1e-12),
        "convexity": nu + 2 * WEIGHT,
        "gradient_norm": np.where(flags, 1e-7, 0.4),
        "remaining": np.where(flags, 1e-9, 0.3),
        "stationary": flags,
        "cost": np.full(len(nu), 0.2),
        "data_term": np.full(len(nu), 0.1),
        "trend": trend,
        "shrink": shrink,
        "limit": limit,
        "limit_error": error,
        "limit_convexity": limit + 2 * WEIGHT,
    }


@pytest.mark.parametrize(
    ("answer", "words", "never"),
    [
        (certificate(-0.01), ("locally strongly convex here", "this one minimiser"), "not on a minimiser"),
        (
            certificate(-0.01, still=False),
            ("locally strongly convex here", "‖∇J‖ = 7", "not on a minimiser"),
            "this one minimiser",
        ),
        (certificate(-0.03), ("not convex here", "is no minimiser"), "not stationary"),
        (certificate(-0.03, still=False), ("not convex here", "not on a minimiser"), "is no minimiser"),
        (certificate(-0.01, floor=-0.03), ("Undecided",), "convex here"),
        (certificate(-0.01, floor=-0.03, still=False), ("Undecided", "not on a minimiser"), "convex here"),
    ],
)
def test_a_minimiser_is_spoken_of_only_where_the_control_is_stationary(answer, words, never):
    said = certificate_words(answer, WEIGHT, 4)
    assert all(word in said for word in words) and never not in said
    assert "L = 4 layers" in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            depths([-0.011, -0.31, -0.34], limit=-0.343, error=0.03, shrink=0.1),
            ("Convex with L = 4 layers, but not convex in the limit", "8 and 16 layers", "-0.34", "0.03"),
        ),
        (depths([-0.01] * 3, "still", -0.01, 1e-4), ("Convex with L = 4 layers and in the limit", "0.01)")),
        (
            depths([-0.1, -0.2, -0.25], limit=-0.3, error=0.05, shrink=0.5),
            ("Not convex with L = 4 layers and in the limit", "0.5 of the one before"),
        ),
        (
            depths([-0.011, -0.016, -0.018], limit=-0.0193, error=0.002, shrink=0.4),
            ("Convex with L = 4 layers, but undecided in the limit",),
        ),
        (
            depths([-0.1, -0.03, -0.01], limit=-0.002, error=0.01, shrink=0.3),
            ("Not convex with L = 4 layers, but convex in the limit",),
        ),
        (
            depths([-0.01, -0.03, -0.05], "open", shrink=1.0),
            ("Convex with L = 4 layers, but not convex with L = 16", "no limit is told", "grow"),
        ),
        (depths([-0.1, -0.3, -0.2], "open", shrink=-0.5), ("up and down",)),
        (depths([-0.1, -0.3, -0.46], "open", shrink=0.8), ("0.8 of the one before: too much",)),
        (depths([-0.01, -0.03], "few"), ("but not convex with L = 8", "takes three values")),
        (depths([-0.01], "few"), ("not known",)),
    ],
)
def test_what_more_layers_say(answer, words):
    said = limit_words(answer).replace("−", "-")
    assert all(word in said for word in words), said
    assert "nan" not in said


def test_a_refined_control_that_is_not_stationary_is_no_minimiser_of_the_limit():
    limit = {"limit": -0.3, "error": 0.03, "shrink": 0.2}
    values = [-0.01, -0.2, -0.28]
    assert "not on a minimiser" in limit_words(depths(values, **limit))
    assert "not on a minimiser" not in limit_words(depths(values, still=(True,) * 3, **limit))
    assert "not on a minimiser" not in limit_words(depths(values, still=(), **limit))  # it is said already


def test_what_lanczos_may_have_missed_leaves_the_sign_open():
    found = depths([-0.01, -0.012, -0.013], "open", shrink=0.8, floor=[-0.011, -0.013, -0.03])
    assert "Convex with L = 4 layers, but undecided with L = 16" in limit_words(found)


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
