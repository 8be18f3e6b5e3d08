"""Trainings on more and more particles as pictures and in words."""

from typing import Any

import numpy as np
import pytest

from autoencode_core.figures.mean_field.particles import (
    PLOTS,
    convergence_words,
    particles_figure,
    particles_table,
    particles_words,
    rate_label,
    rate_words,
)

COUNTS = np.array([16, 32, 64, 128])
RATE = np.array([-0.52, -0.61, -0.43, 0.0])


def sweep(rate: np.ndarray = RATE, **changes: Any) -> dict[str, Any]:
    """An answer of particles whose quantities fall like N^(-0.52)."""
    falling = COUNTS[:, None] ** -0.52 * np.array([0.9, 1.0, 1.1])
    names = [curve.name for picture in PLOTS.values() for curve in picture.curves]
    found = {name: falling.copy() for name in names}
    found |= {f"{name}_rate": rate for name in names} | {f"{name}_fitted": COUNTS > 0 for name in names}
    found |= {"counts": COUNTS, "seeds": np.arange(3), "fresh": 20000, "reference": 20000, "directions": 64}
    good = np.ones((4, 3), bool)
    found |= {
        f"{curve.name}_converged": good
        for each in PLOTS.values()
        for curve in each.curves
        if "cost" not in curve.name
    }
    found |= {"converged": good, "converged_starts": 2 * good, "starts": 2, "diverged": ~good}
    return {**found, "fresh_error": falling / 10, **changes}


def unsettled() -> dict[str, Any]:
    """That answer with two points that did not converge, the trained gap of one of them below 0."""
    good = np.ones((4, 3), bool)
    good[1, 2] = good[3, 0] = False
    gap = sweep()["gap"]
    gap[1, 2], gap[0, 0] = -gap[1, 2], -gap[0, 0]
    reached = np.where(good, 2, 0)
    lines = {f"{name}_converged": good for name in ("gap", "control_distance", "map_distance")}
    return sweep(gap=gap, converged=good, converged_starts=reached, **lines)


def marks(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.mode == "markers"]


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("dark", [False, True])
def test_every_seed_is_a_mark_and_told_apart_without_colour(name: str, dark: bool) -> None:
    figure = particles_figure(sweep(), name, dark=dark)
    drawn = marks(figure)
    assert [len(trace.y) for trace in drawn] == [12] * len(PLOTS[name].curves)
    assert len({trace.marker.symbol[0] for trace in drawn}) == len(drawn)
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert figure.layout.xaxis.title.text == "number of particles N"


def test_the_fitted_line_goes_through_its_marks_with_its_band() -> None:
    figure = particles_figure(sweep(), "wasserstein")
    band, line, _, _, reference = [trace for trace in figure.data if trace.mode == "lines"]
    np.testing.assert_allclose(line.y, [16**-0.52, 128**-0.52])
    assert band.fill == "toself" and np.min(band.y) < np.min(line.y) and np.max(band.y) > np.max(line.y)
    assert np.log(reference.y[-1] / reference.y[0]) == pytest.approx(-0.5 * np.log(8))
    assert any(
        "N to the power −0.52, 95% band −0.61 … −0.43" in note.text for note in figure.layout.annotations
    )


def test_what_did_not_converge_is_crossed_out_and_no_line_goes_through_it() -> None:
    first, second = marks(particles_figure(unsettled(), "gap"))
    crossed = [symbol for symbol in first.marker.symbol if "-x" in symbol]
    assert crossed == ["circle-x-open", "circle-x"] and first.marker.symbol[0] == "circle-open"
    assert [i for i, text in enumerate(first.hovertext) if "not converged" in text] == [5, 9]
    assert not any("-x" in symbol for symbol in second.marker.symbol)  # one control, whatever N
    for name in PLOTS:
        notes = " ".join(note.text for note in particles_figure(unsettled(), name).layout.annotations)
        assert ("not converged" in notes) == (name != "wasserstein")
        assert not any("not converged" in n.text for n in particles_figure(sweep(), name).layout.annotations)
    wild = unsettled()
    wild["train_cost"][1] = [1.0, 3.0, 500.0]
    middle = next(trace for trace in particles_figure(wild, "cost").data if trace.mode == "lines")
    assert middle.y[1] == 2.0  # the median of the two that converged


def test_a_negative_gap_is_hollow_and_a_tiny_one_does_not_stretch_the_axis() -> None:
    gap = sweep()["gap"]
    gap[2, 1], gap[3, 0] = -0.1, 1e-12
    figure = particles_figure(sweep(gap=gap), "gap")
    first = marks(figure)[0]
    assert [symbol.endswith("-open") for symbol in first.marker.symbol].count(True) == 1
    assert "−0.1" in first.hovertext[7] and first.y[7] == pytest.approx(0.1)
    assert first.y[9] > 1e-4 and figure.layout.yaxis.range[0] > -4
    assert any("below 0" in note.text for note in figure.layout.annotations)


@pytest.mark.parametrize("name", PLOTS)
def test_without_a_rate_or_with_nothing_at_all_marks_are_drawn_alone(name: str) -> None:
    none = np.full(4, np.nan)
    assert any("no rate" in n.text for n in particles_figure(sweep(none), "gap").layout.annotations)
    empty = {curve.name: np.full((4, 3), np.nan) for curve in PLOTS[name].curves}
    assert np.isnan(np.asarray(marks(particles_figure(sweep(none, **empty), name))[0].y, float)).all()


@pytest.mark.parametrize(
    "rate, said",
    [
        ((-0.52, -0.61, -0.43), "1/√N lies within the band"),
        ((-0.4, -0.9, 0.1), "too wide to tell it from standing still"),
        ((-1.1, -1.3, -0.9), "faster than"),
        ((-0.2, -0.3, -0.1), "more slowly than"),
        ((-0.1, -0.2, 0.05), "does not clearly fall"),
        ((-0.5, np.nan, np.nan), "one seed gives no band"),
        ((np.nan, np.nan, np.nan), "no rate can be told"),
    ],
)
def test_a_rate_is_compared_with_that_of_large_numbers(rate: tuple[float, ...], said: str) -> None:
    assert said in rate_words([*rate, 0.0])
    assert rate_label([*rate, 0.0]).startswith("N to the power" if np.isfinite(rate[0]) else "no rate")


def test_the_words_name_what_was_measured_and_what_was_lost() -> None:
    words = particles_words(sweep())
    assert (
        convergence_words(sweep())
        == "Converged: 12 of 12 points, each the best of 2 starts; 24 of 24 trainings."
    )
    assert "exact W₁ between the N particles and N fresh ones goes like N to the power −0.52" in words[0]
    assert "sliced W₁ (64 directions) to 20,000 fresh ones goes like N to the power −0.52" in words[0]
    assert "Sliced W₁ goes like 1/√N in every dimension and does not bound the gap." in words[0]
    lost = convergence_words(unsettled())
    assert "10 of 12 points" in lost and "20 of 24 trainings. The rest is crossed out, and no rate" in lost
    line = particles_words(sweep(directions=0))
    assert "; W₁ to 20,000 fresh ones" in line[0] and "liced" not in line[0]
    assert "each one start;" in convergence_words(sweep(starts=1))
    fast = particles_words(sweep(np.array([-1.1, -1.3, -0.9, 0])))
    assert "fades like 1/N" in fast[2] and "1/N" not in fast[0] + fast[1]


@pytest.mark.parametrize("name", PLOTS)
def test_the_table_has_a_row_for_each_training(name: str) -> None:
    table = particles_table(sweep(), name)
    assert {len(column) for column in table.values()} == {12}
    assert table["converged_starts"] == [2] * 12
    assert table["particles"][:4] == [16, 16, 16, 32] and table["seed"][:4] == [0, 1, 2, 0]
