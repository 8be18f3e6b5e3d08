"""ν of the same θ(t) with more layers, its limit, and when a control counts as stationary."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from problems import RESIDUAL, by_particle

import autoencode_core as ac
from autoencode_core.analysis import curvature, curvature_depths
from autoencode_core.analysis.regimes import spectrum
from autoencode_core.analysis.regimes.convexity_depths import tendency
from autoencode_core.analysis.regimes.spectrum import remaining
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE, label_positions
from autoencode_core.spec import RunSpec


def finer_model(run, times: int) -> AutoencODE:
    """The run's θ(t) with every layer cut into so many, made from a spec and block by block."""
    model = run.model.to(torch.float64)
    arch, spec = model.architecture, run.spec
    widths = tuple(np.repeat(arch.counts[: arch.depth // 2], times).tolist())
    finer = spec.but(depth=times * arch.depth, profile=widths, dtype="float64")
    blocks = [np.concatenate([part.numpy().ravel() for part in layer]) for layer in model.control.layers]
    vector = np.concatenate([layer for layer in blocks for _ in range(times)])
    return AutoencODE(finer, torch.as_tensor(vector), model.coordinates, model.order)


def dense(run, times: int) -> tuple[np.ndarray, float, float]:
    """Eigenvalues of the data term's Hessian in L²(0,T) by autograd of the plain network; J; ‖∇J‖."""
    model = finer_model(run, times)
    x, targets = run.data.source.train, run.data.source.train_targets
    kept = torch.arange(model.architecture.width)
    target = torch.as_tensor(np.asarray(model.coordinates.to_flow(targets)))
    if run.spec.task == "classify":
        kept = model.order[: run.spec.bottleneck]
        target = torch.as_tensor(label_positions(2, run.spec.bottleneck)[run.data.source.train_labels])
    step = model.architecture.step

    def data_term(vector):
        return (by_particle(model, x, vector)[:, kept] - target).square().sum(1).mean()

    def cost(vector):
        return data_term(vector) + run.spec.tikhonov * step * vector.square().sum()

    vector = model.control.vector
    hessian = torch.autograd.functional.hessian(data_term, vector, vectorize=True).numpy() / step
    raw = torch.autograd.functional.jacobian(cost, vector)
    return np.linalg.eigvalsh(hessian), float(cost(vector)), float((raw.square().sum() / step).sqrt())


CASES = [
    {"depth": 4},
    {"depth": 4, "field": "single_layer", "activation": "relu"},
    {"depth": 4, "task": "classify", "bottleneck": 1, "activation": "softplus", "dtype": "float32"},
    {"depth": 4, "dataset": "s_curve", "bottleneck": 1, "order": "reversed", "field": "single_layer"},
]


@pytest.mark.parametrize("knobs", CASES)
def test_every_level_is_that_of_the_dense_hessian_of_the_finer_network(make_run, knobs):
    run = make_run(**{"expansion": 2, "particles": 40, **knobs})
    found = curvature_depths(run)
    assert found["depths"].tolist() == [4, 8, 16]
    np.testing.assert_allclose(found["steps"] * found["depths"], run.spec.horizon)
    for level, times in enumerate((1, 2, 4)):
        exact, cost, slope = dense(run, times)
        assert found["nu"][level] == pytest.approx(exact[0], abs=1e-9 * np.abs(exact).max())
        assert found["floor"][level] <= found["nu"][level]
        assert found["convexity"][level] == 2 * run.spec.tikhonov + found["nu"][level]
        assert found["cost"][level] == pytest.approx(cost)
        assert found["gradient_norm"][level] == pytest.approx(slope)
        shift = 2 * run.spec.tikhonov
        bent = shift + exact[0] if shift + exact[0] > 0 else min(-shift - exact[0], shift)
        rest = slope**2 / (2 * bent * cost)
        assert found["remaining"][level] == pytest.approx(rest, rel=1e-6)
        assert found["stationary"][level] == (rest <= 1e-3)
    assert found["nu"][0] == curvature(run)["nu"] == ac.analysis.smallest_curvature(run)


def test_the_same_by_lanczos(make_run, monkeypatch):
    run = make_run(depth=4)
    exact = curvature_depths(run)
    monkeypatch.setattr(spectrum, "DENSE", 0)
    found = curvature_depths(run)
    np.testing.assert_allclose(found["nu"], exact["nu"], rtol=0.02)
    assert (found["floor"] <= exact["nu"] + 1e-9).all() and (found["products"] > 0).all()
    assert found["nu"][0] == curvature(run)["nu"]
    assert found["limit_error"] >= np.max(found["nu"] - found["floor"])


@pytest.fixture(scope="module")
def converged():
    """Two moons, four layers, trained until it is stationary."""
    small = {"dataset": "moons", "particles": 60, "depth": 4, "dtype": "float64", **RESIDUAL}
    spec = RunSpec(**small, iterations=600, tikhonov=0.003, seed=1)
    run = ac.train(spec)
    assert run.status == "converged"
    return run


def test_moons_are_convex_with_four_layers_and_not_in_the_limit(converged):
    found = curvature_depths(converged, 4)
    assert found["convexity"][0] > 0 > found["convexity"][1:].max()
    assert (np.diff(found["nu"]) < 0).all()
    assert found["stationary"].tolist() == [True, False, False, False, False]
    three = curvature_depths(converged)
    assert three["trend"] == "geometric" and 0 < three["shrink"] <= 0.7
    assert three["limit_convexity"] + three["limit_error"] < 0
    # what three values tell agrees with two doublings more
    assert abs(three["limit"] - found["limit"]) <= three["limit_error"] + found["limit_error"]
    assert abs(three["limit"] - found["nu"][-1]) <= three["limit_error"]
    assert found["limit_error"] < three["limit_error"]


def test_stationary_does_not_depend_on_units(converged):
    found = curvature(converged)
    assert found["stationary"] and found["remaining"] < 1e-6
    moved = converged.model.with_control(converged.model.control.vector + 0.5)
    away = curvature(replace(converged, model=moved))
    assert not away["stationary"]
    slope, bent, cost = away["gradient_norm"], away["convexity"], away["cost"]
    shift = 2 * converged.spec.tikhonov
    for data, time in ((10.0, 1.0), (1.0, 7.0), (1e-3, 1e-2)):  # J goes like data², θ in L² like √time
        unit = data**2
        scaled = remaining(unit * slope / time**0.5, unit * bent / time, unit * shift / time, unit * cost)
        assert scaled == pytest.approx(away["remaining"])


def test_a_quadratic_cost_falls_by_what_remains():
    # J = 1 + m t²/2 at t: its minimum is 1, so J falls by m t²/2 from there
    m, t = 0.3, 0.7
    assert remaining(m * t, m, 0.1, 1 + m * t * t / 2) == pytest.approx((m * t * t / 2) / (1 + m * t * t / 2))
    assert remaining(0.0, 0.0, 0.0, 0.0) == 0.0 and remaining(1.0, 0.0, 0.0, 1.0) == np.inf


def test_a_steep_control_is_not_stationary_because_it_bends_sharply_downwards():
    assert remaining(7.0, -1e6, 0.02, 2.0) == pytest.approx(49 / (2 * 0.02 * 2))
    assert remaining(7.0, -0.001, 0.02, 2.0) == pytest.approx(49 / (2 * 0.001 * 2))


def test_relu_is_said_to_be_one_smooth_piece(make_run):
    kinked = make_run(activation="relu", depth=4)
    assert "one smooth piece" in curvature(kinked)["note"]
    assert curvature_depths(kinked, 1)["note"].count("one smooth piece") == 1
    assert not curvature(make_run(depth=4))["note"]


def test_what_is_too_heavy_is_left_out_and_named(make_run, monkeypatch):
    run = make_run(depth=4)
    monkeypatch.setattr(spectrum, "MOST_LAYERS", 8)
    found = curvature_depths(run, 3)
    assert found["depths"].tolist() == [4, 8] and found["trend"] == "few" and np.isnan(found["limit"])
    assert "L = 16 and 32 left out" in found["note"]
    monkeypatch.setattr(spectrum, "MOST_LAYERS", 800)
    monkeypatch.setattr(spectrum, "DENSE", 0)
    monkeypatch.setattr(spectrum, "MOST_FLOPS", 0)
    found = curvature_depths(run)  # the run's own layers are told all the same
    assert found["depths"].tolist() == [4] and "L = 8 and 16 left out" in found["note"]


def test_a_flow_that_blows_up_when_cut_finer_is_named(make_run, monkeypatch):
    run, exactly = make_run(depth=4), spectrum.hessian_at

    def blown(problem, vector):
        if problem.arch.depth > 8:
            raise InputError("run", "a gradient that is not finite", "a run that did not diverge")
        return exactly(problem, vector)

    monkeypatch.setattr(spectrum, "hessian_at", blown)
    found = curvature_depths(run)
    assert found["depths"].tolist() == [4, 8] and "L = 16 layers" in found["note"]
    with pytest.raises(InputError, match="mean nothing"):
        curvature_depths(make_run(float("nan")))


@given(st.floats(-5, 5), st.floats(0.01, 1), st.floats(0.05, 0.69), st.sampled_from([-1, 1]))
def test_a_geometric_sequence_tends_to_its_limit(start, change, shrink, sign):
    limit = start + sign * change / (1 - shrink)
    values = [limit - sign * change * shrink**n / (1 - shrink) for n in range(3)]
    trend, r, found, error = tendency(values, size=change, missed=0.0)
    assert trend == "geometric" and r == pytest.approx(shrink)
    assert found == pytest.approx(limit, abs=1e-9) and abs(limit - values[-1]) <= error + 1e-9


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([1.0], "few"),
        ([1.0, 0.5], "few"),
        ([1.0, 0.9999, 0.9998], "still"),
        ([0.0, 0.0, 0.0], "still"),
        ([0.0, -1.0, -2.0], "open"),
        ([0.0, -1.0, -3.0], "open"),
        ([0.0, -1.0, -0.5], "open"),
        ([0.0, 0.0, -0.5], "open"),
        ([0.0, -1.0, -1.7], "geometric"),
        ([0.0, -1.0, -1.71], "open"),
    ],
)
def test_a_limit_is_told_only_where_three_values_support_it(values, trend):
    said, _, limit, error = tendency(values, size=1.0, missed=0.01)
    assert said == trend
    assert np.isfinite(limit) == np.isfinite(error) == (trend in ("still", "geometric"))
    assert not error < 0.01


def test_progress_rises_and_it_can_be_ended(make_run, stopping):
    run, told = make_run(depth=4), list[tuple[float, str]]()
    curvature_depths(run, report=lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
    assert any(words.startswith("16 layers") for _, words in told)
    stop, after = stopping
    with pytest.raises(stop):
        curvature_depths(run, report=after(3))


@pytest.mark.parametrize("doublings", [0, 6, 1.0, True])
def test_bad_doublings(run, doublings):
    with pytest.raises(InputError) as raised:
        curvature_depths(run, doublings)
    assert raised.value.field == "doublings"
