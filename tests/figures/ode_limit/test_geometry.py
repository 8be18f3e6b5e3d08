"""The geometry of the flow map as pictures and words."""

import numpy as np
import pytest

from autoencode_core.figures.ode_limit.geometry import (
    frames_table,
    geometry_figure,
    geometry_table,
    lipschitz_rows,
    meeting_words,
    speed_words,
)

LAYERS, FRAMES = 4, 6


def answer(**more):
    rng = np.random.default_rng(0)
    levels = np.sort(rng.normal(size=(5, FRAMES)), axis=0)
    found = {
        "edges": np.linspace(0, 2, 5),
        "times": np.array([0, 0.5, 1, 1, 1.5, 2]),
        "counts": np.array([2, 1, 1, 2]),
        "levels": np.array([0, 0.25, 0.5, 0.75, 1]),
        "log_det": levels,
        "log_volume": levels + 0.1,
        "smallest": np.array([0.5, 0.2, 0.9, 0.8]),
        "largest": np.array([1.5, 1.2, 1.1, 2.0]),
        "folded": np.zeros(LAYERS),
        "bound": np.array([0.5, 0.6, 0.7, 0.9]),
        "closest": np.array([0.6, 0.9, np.nan, 0.7]),
        "crossed": np.zeros(LAYERS, int),
        "stretch": np.array([1, 1.5, 2, 2, 2.5, 3.0]),
        **{
            f"lipschitz_{name}": value for name, value in (("encoder", 2.0), ("decoder", 1.5), ("whole", 3.0))
        },
        **{f"lipschitz_bound_{n}": v for n, v in (("encoder", 4.0), ("decoder", 5.0), ("whole", 20.0))},
        "speed": np.array([0.5, 0.9, 0.3, 0.8]),
        "speed_limit": 1.0,
        "reach": 1.0,
        "half_horizon": 1.0,
        "moved": 0.8,
        "particles": 200,
    }
    return found | more


@pytest.mark.parametrize("dark", [False, True])
def test_four_panels_share_the_time(dark):
    found = answer()
    figure = geometry_figure(found, dark=dark)
    assert {trace.yaxis for trace in figure.data} == {"y", "y2", "y3", "y4"}
    medians = [trace for trace in figure.data if trace.yaxis == "y" and trace.fill is None]
    assert np.allclose(medians[0].y, found["log_det"][2]) and np.allclose(
        medians[1].y, found["log_volume"][2]
    )
    assert medians[0].line.dash != medians[1].line.dash
    steps = [trace for trace in figure.data if trace.yaxis == "y2"]
    assert np.allclose(steps[0].y[::2], found["largest"]) and list(steps[0].x[:2]) == [0, 0.5]
    assert figure.layout.xaxis4.matches == "x" and "flow time" in figure.layout.xaxis4.title.text


def test_a_singular_map_and_a_wild_ode_leave_a_picture():
    broken = answer()["log_det"].copy()
    broken[:, 2] = -np.inf
    figure = geometry_figure(answer(log_det=broken, log_volume=np.full((5, FRAMES), np.nan)))
    shown = np.concatenate([np.asarray(trace.y, float) for trace in figure.data if trace.yaxis == "y"])
    assert np.isfinite(shown[: FRAMES * 2]).any() and np.nanmin(shown) == -60


def test_words_tell_what_is_certain_from_what_was_seen():
    assert "**No trajectories meet.**" in meeting_words(answer())
    assert "**No trajectories meet.**" not in meeting_words(answer(bound=np.array([0.5, 1.01, 0.7, 0.9])))
    wild = answer(bound=np.array([3, 0.6, 0.7, 2.0]))
    assert "of these particles meet" in meeting_words(wild) and "In 2 of 4 layers" in meeting_words(wild)
    assert "0.6 of their distance" in meeting_words(wild)
    folded = answer(bound=np.full(4, 3.0), folded=np.array([0, 0.25, 0.1, 0]))
    said = meeting_words(folded)
    assert "Trajectories meet" in said and "2 of 4 layers" in said and "layer 2: 25.0%" in said
    crossed = answer(bound=np.full(4, 3.0), crossed=np.array([0, 7, 0, 0]))
    assert "7 pairs" in meeting_words(crossed)


def test_the_speed_limit_is_set_against_what_moved():
    assert "none gets further than 1" in speed_words(answer()) and "80% of it" in speed_words(answer())
    free = speed_words(answer(speed_limit=np.nan, reach=np.nan))
    assert "no speed limit" in free and "0.8" in free


def test_lipschitz_constants_come_with_both_bounds():
    rows = lipschitz_rows(answer())
    assert [row["at least"] for row in rows] == [2.0, 1.5, 3.0] and rows[2]["at most"] == 20.0
    assert len(lipschitz_rows(answer(lipschitz_decoder=np.nan))) == 2  # classify has no decoder


def test_tables_have_columns_of_one_length():
    layers, maps = geometry_table(answer()), frames_table(answer())
    assert {len(column) for column in layers.values()} == {LAYERS}
    assert {len(column) for column in maps.values()} == {FRAMES}
    assert maps["log_det_0.5"] == answer()["log_det"][2].tolist()
