"""Finer steps as pictures and words."""

import numpy as np
import pytest

from autoencode_core.figures.ode_limit.steps import (
    order_words,
    steps_figure,
    steps_table,
    verdict_words,
)

STEPS = 0.25 / 2.0 ** np.arange(7)


def answer(**more):
    difference = np.array([STEPS, 0.1 * STEPS**2, 0.01 * STEPS**4])
    fitted = np.zeros((3, 7), bool)
    fitted[:, 3:] = True
    found = {
        "methods": ["euler", "midpoint", "rk4"],
        "declared": np.array([1, 2, 4]),
        "substeps": 2 ** np.arange(7),
        "steps": STEPS,
        "difference": difference,
        "error": 0.03 + difference,
        "reference": "DOP853",
        "reference_error": 0.03,
        "floor": 1e-11,
        "order": np.array([1.0, 2.0, 4.0]),
        "order_error": np.array([0.01, 0.0, 0.02]),
        "order_start": np.log([1, 0.1, 0.01]),
        "fitted": fitted,
        "network_scheme": "euler",
        "network_substeps": 1,
        "network_difference": 0.25,
        "network_error": 0.28,
        "relative": 0.25,
        "verdict": "not",
    }
    return found | more


@pytest.mark.parametrize("dark", [False, True])
def test_three_methods_their_fits_and_the_network(dark):
    found = answer()
    figure = steps_figure(found, "difference", dark=dark)
    curves = [trace for trace in figure.data if trace.mode == "lines+markers"]
    for row, trace in enumerate(curves):
        assert np.allclose(trace.y, found["difference"][row]) and np.allclose(trace.x, STEPS)
    assert len({trace.marker.symbol for trace in curves}) == len({trace.line.dash for trace in curves}) == 3
    fits = [trace for trace in figure.data if trace.mode == "lines"]
    assert len(fits) == 3
    assert np.allclose(fits[2].y, 0.01 * STEPS[3:] ** 4)
    (ring,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert list(ring.x) == [0.25] and list(ring.y) == [0.25]
    finer = {**found, **{name: found[name][1:] for name in ("substeps", "steps")}}
    finer |= {name: found[name][:, 1:] for name in ("difference", "error", "fitted")}
    (ring,) = [trace for trace in steps_figure(finer, "error").data if trace.mode == "markers"]
    assert list(ring.x) == [0.25] and list(ring.y) == [0.28]  # it stands alone there
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "order 4.00 ± 0.02 (4 by theory)" in said and "network itself" in said


def test_the_network_is_that_of_its_own_scheme_and_sub_steps():
    found = answer(network_scheme="rk4", network_substeps=4, network_difference=0.002, verdict="ode")
    figure = steps_figure(found, "difference")
    (ring,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert list(ring.x) == [0.25 / 4] and list(ring.y) == [0.002]
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "RK4, 4 steps a layer" in said


def test_the_shade_ends_where_the_reference_is_no_better_known():
    figure = steps_figure(answer(floor=1e-7), "difference")
    assert [shape.y1 for shape in figure.layout.shapes] == [1e-7, 1e-7]


def test_the_error_has_the_level_of_the_ode():
    figure = steps_figure(answer(), "error")
    assert figure.layout.shapes[0].y0 == 0.03 and len(figure.layout.shapes) == 1
    (ring,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert list(ring.y) == [answer()["error"][0, 0]]
    low, high = figure.layout.yaxis.range
    assert 10**low < 0.03 and 10**high > 0.28


def test_a_flow_at_rest_is_an_empty_picture_with_its_key():
    still = np.zeros((3, 7))
    nothing = np.full(3, np.nan)
    found = answer(difference=still, order=nothing, order_error=nothing, fitted=still > 0, verdict="ode")
    figure = steps_figure(found, "difference")
    assert not any(len(trace.x) for trace in figure.data if trace.mode != "markers")
    assert "order not settled (1 by theory)" in order_words(found, 0)


def test_the_verdict_gives_its_numbers():
    said = verdict_words(answer())
    assert "is not a discretised ODE" in said and "25%" in said and "0.28 to 0.03" in said
    assert "**This network is a discretised ODE.**" in verdict_words(answer(verdict="ode"))
    assert "nearly" in verdict_words(answer(verdict="nearly"))
    assert "codes" in verdict_words(answer(), classify=True)
    assert "flow coordinates" in verdict_words(answer(relative=np.nan))


def test_the_table_has_a_row_for_each_method_and_step():
    table = steps_table(answer())
    assert {len(column) for column in table.values()} == {21}
    assert [column[8] for column in table.values()][:3] == ["midpoint", 2, 0.125]
