"""The figures of the mean-field limit, and what they say in words."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoencode_core.figures.mean_field.density import mass_figure, mass_table, mass_words
from autoencode_core.figures.mean_field.particles import (
    PLOTS,
    convergence_words,
    rate_label,
    rate_words,
    sweep_figure,
    sweep_table,
    sweep_words,
)
from autoencode_core.figures.mean_field.push import push_figure, push_words
from autoencode_core.store.record import RunRecord

COUNTS = np.array([16, 32, 64, 128])
RATE = np.array([-0.52, -0.61, -0.43, 0.0])


def sweep(rate: np.ndarray = RATE, **changes: Any) -> dict[str, Any]:
    """An answer of particle_sweep whose quantities fall like N^(-0.52)."""
    falling = COUNTS[:, None] ** -0.52 * np.array([0.9, 1.0, 1.1])
    names = [curve.name for picture in PLOTS.values() for curve in picture.curves]
    found = {name: falling.copy() for name in names}
    found |= {f"{name}_rate": rate for name in names} | {f"{name}_fitted": COUNTS > 0 for name in names}
    found |= {"counts": COUNTS, "seeds": np.arange(3), "fresh": 20000, "reference": 20000, "directions": 64}
    good = np.ones((4, 3), bool)
    found |= {
        f"{curve.name}_converged": good for each in PLOTS.values() for curve in each.curves if curve.rated
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
    figure = sweep_figure(sweep(), name, dark=dark)
    drawn = marks(figure)
    assert [len(trace.y) for trace in drawn] == [12] * len(PLOTS[name].curves)
    assert len({trace.marker.symbol[0] for trace in drawn}) == len(drawn)
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert figure.layout.xaxis.title.text == "number of particles N"


def test_the_fitted_line_goes_through_its_marks_with_its_band() -> None:
    figure = sweep_figure(sweep(), "wasserstein")
    band, line, _, _, reference = [trace for trace in figure.data if trace.mode == "lines"]
    np.testing.assert_allclose(line.y, [16**-0.52, 128**-0.52])
    assert band.fill == "toself" and np.min(band.y) < np.min(line.y) and np.max(band.y) > np.max(line.y)
    assert np.log(reference.y[-1] / reference.y[0]) == pytest.approx(-0.5 * np.log(8))
    assert any("N^(−0.52), 95% band −0.61 … −0.43" in note.text for note in figure.layout.annotations)


def test_what_did_not_converge_is_crossed_out_and_no_line_goes_through_it() -> None:
    first, second = marks(sweep_figure(unsettled(), "gap"))
    crossed = [symbol for symbol in first.marker.symbol if "-x" in symbol]
    assert crossed == ["circle-x-open", "circle-x"] and first.marker.symbol[0] == "circle-open"
    assert [i for i, text in enumerate(first.hovertext) if "not converged" in text] == [5, 9]
    assert not any("-x" in symbol for symbol in second.marker.symbol)  # one control, whatever N
    for name in PLOTS:
        notes = " ".join(note.text for note in sweep_figure(unsettled(), name).layout.annotations)
        assert ("not converged" in notes) == (name != "wasserstein")
        assert not any("not converged" in n.text for n in sweep_figure(sweep(), name).layout.annotations)
    wild = unsettled()
    wild["train_cost"][1] = [1.0, 3.0, 500.0]
    middle = next(trace for trace in sweep_figure(wild, "cost").data if trace.mode == "lines")
    assert middle.y[1] == 2.0  # the median of the two that converged


def test_a_negative_gap_is_hollow_and_a_tiny_one_does_not_stretch_the_axis() -> None:
    gap = sweep()["gap"]
    gap[2, 1], gap[3, 0] = -0.1, 1e-12
    figure = sweep_figure(sweep(gap=gap), "gap")
    first = marks(figure)[0]
    assert [symbol.endswith("-open") for symbol in first.marker.symbol].count(True) == 1
    assert "−0.1" in first.hovertext[7] and first.y[7] == pytest.approx(0.1)
    assert first.y[9] > 1e-4 and figure.layout.yaxis.range[0] > -4
    assert any("hollow: below 0" in note.text for note in figure.layout.annotations)


@pytest.mark.parametrize("name", PLOTS)
def test_without_a_rate_or_with_nothing_at_all_marks_are_drawn_alone(name: str) -> None:
    none = np.full(4, np.nan)
    assert any("no rate" in n.text for n in sweep_figure(sweep(none), "gap").layout.annotations)
    empty = {curve.name: np.full((4, 3), np.nan) for curve in PLOTS[name].curves}
    assert np.isnan(np.asarray(marks(sweep_figure(sweep(none, **empty), name))[0].y, float)).all()


@pytest.mark.parametrize(
    "rate, said",
    [
        ((-0.52, -0.61, -0.43), "N^(−1/2) lies within the band"),
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
    assert rate_label([*rate, 0.0]).startswith("N^(" if np.isfinite(rate[0]) else "no rate")


def test_the_words_name_what_was_measured_and_what_was_lost() -> None:
    words = sweep_words(sweep())
    assert (
        convergence_words(sweep())
        == "Converged: 12 of 12 points, each the best of 2 starts; 24 of 24 trainings."
    )
    assert "exact W₁ between the N particles and N fresh ones goes like N^(−0.52)" in words[0]
    assert "sliced W₁ (64 directions) to 20,000 fresh ones goes like N^(−0.52)" in words[0]
    assert "Sliced W₁ goes like N^(−1/2) in every dimension and does not bound the gap." in words[0]
    lost = convergence_words(unsettled())
    assert "10 of 12 points" in lost and "20 of 24 trainings. The rest is crossed out, and no rate" in lost
    line = sweep_words(sweep(directions=0))
    assert "; W₁ to 20,000 fresh ones" in line[0] and "liced" not in line[0]
    assert "each one start;" in convergence_words(sweep(starts=1))
    fast = sweep_words(sweep(np.array([-1.1, -1.3, -0.9, 0])))
    assert "fades like 1/N" in fast[2] and "1/N" not in fast[0] + fast[1]


@pytest.mark.parametrize("name", PLOTS)
def test_the_table_has_a_row_for_each_training(name: str) -> None:
    table = sweep_table(sweep(), name)
    assert {len(column) for column in table.values()} == {12}
    assert table["converged_starts"] == [2] * 12
    assert table["particles"][:4] == [16, 16, 16, 32] and table["seed"][:4] == [0, 1, 2, 0]


def law(**changes: Any) -> dict[str, Any]:
    """An answer of mass: a fifth leaves the grid in the middle."""
    times, outside = np.array([0, 1, 1, 2.0]), np.array([0, 0.2, 0.2, 0])
    found = {"times": times, "on_grid": 1 - outside, "outside": outside, "lost": 0 * outside}
    return {**found, "total": np.ones(4), "deviation": 2e-9, "particles": 500, **changes}


def test_the_shares_of_the_mass_are_stacked_up_to_one() -> None:
    figure = mass_figure(law())
    assert len(figure.data) == 2 and {trace.stackgroup for trace in figure.data} == {"mass"}
    np.testing.assert_allclose(sum(np.asarray(trace.y) for trace in figure.data), 1)
    assert {len(column) for column in mass_table(law()).values()} == {4}


def test_the_words_say_whether_mass_is_conserved() -> None:
    words = mass_words(law())
    assert "1 ± 2·10⁻⁹: mass is conserved" in words and "t = 1 most lies beside the grid, 20.0%" in words
    assert "loses mass" in mass_words(law(deviation=1e-3))


def pushed(**changes: Any) -> dict[str, Any]:
    """An answer of push_forward on a flow of four layers."""
    table = np.array([0.4, 0.1, 0.02])[:, None] * np.array([1, 1, 0.5, 0.4, 1, 1.0])
    found = {"cells": np.array([8, 32, 128]), "occupied": np.array([8, 30, 99]), "total_variation": table}
    return {**found, "times": np.array([0, 1, 2, 2, 3, 4.0]), "particles": 100, **changes}


def test_total_variation_falls_with_the_cells_at_four_moments(make: Callable[..., RunRecord]) -> None:
    record = make(2, k=1, depth=4)
    times = record.spec.horizon / 4 * np.array([0, 1, 2, 2, 3, 4.0])
    figure = push_figure(pushed(times=times), record)
    assert len(figure.data) == 4 and len({trace.marker.symbol for trace in figure.data}) > 2
    np.testing.assert_allclose(figure.data[1].y, [0.2, 0.05, 0.01])
    table = pushed()["total_variation"]
    table[:, 3] = table[:, 2]
    same = push_figure(pushed(total_variation=table, times=times), record)
    assert [re.sub(r".*, |<.*", "", t.hovertemplate.split("<br>")[0]) for t in same.data] == [
        "t = 0",
        "T/2",
        "T",
    ]


def test_the_words_say_whether_histogram_and_samples_become_one() -> None:
    assert "the histogram moves as the samples do" in push_words(pushed())
    assert "99 cells with mass for 100 particles" in push_words(pushed())
    assert "not yet become one" in push_words(pushed(total_variation=np.full((3, 6), 0.3)))
    assert "at most 0.0%" in push_words(pushed(total_variation=np.zeros((3, 6))))
