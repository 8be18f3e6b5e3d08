import numpy as np
import pytest
import torch
from problems import ACTIVATIONS, FIELDS, SCHEMES, WAYS, model, small_spec

import autoencode_core as ac
from autoencode_core.errors import InputError
from autoencode_core.flow import kernel
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.training import metric as rules
from autoencode_core.training import metric_blocks, narrow
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.metric import ControlMetric, FieldMetric, Within
from autoencode_core.training.narrow import Narrow


def problem(field, activation="tanh", regimes=2, width=3, **knobs):
    """An architecture, controls (R, P) and states (R, d, N)."""
    knobs = {"dataset": "s_curve", "expansion": 2, "bottleneck": 2, **knobs}
    arch = model(small_spec(**knobs, field=field, activation=activation)).architecture
    generator = torch.Generator().manual_seed(3)
    theta = torch.randn(regimes, arch.shape.size, generator=generator, dtype=torch.float64)
    return arch, theta, torch.randn(regimes, width, 30, generator=generator, dtype=torch.float64)


def change_of_field(arch, theta, move, x):
    """∫∫|∂_θF(x, θ)Δ|² dμ_t dt by forward differentiation, the definition: the scheme's own quadrature."""
    total, h = 0.0, arch.step / arch.substeps
    for layer, way, a in zip(
        *map(arch.shape.layers, (theta[None], move[None])), arch.shape.counts, strict=True
    ):
        x = resize(x, a)
        for _ in range(arch.substeps):
            speeds = []
            for s in range(arch.scheme.stages):
                at = x + h * sum(w * v for w, v in zip(arch.scheme.a[s], speeds, strict=True))
                _, change = torch.func.jvp(lambda *t, at=at: arch.field.velocity(t, at), layer, way)
                total += h * arch.scheme.b[s] * float(change.square().sum()) / x.shape[2]
                speeds.append(arch.field.velocity(layer, at))
            x = x + h * sum(w * v for w, v in zip(arch.scheme.b, speeds, strict=True))
    return total


@pytest.mark.parametrize("substeps", [1, 2])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("field", FIELDS)
def test_the_whole_metric_measures_the_change_of_the_field(field, activation, scheme, substeps, monkeypatch):
    monkeypatch.setattr(metric_blocks, "DAMPING", 0.0)
    arch, theta, x = problem(field, activation, scheme=scheme, substeps=substeps)
    move = torch.randn(theta.shape, generator=torch.Generator().manual_seed(5), dtype=theta.dtype)
    squares = FieldMetric(arch, theta, x).square(move)
    for r in range(len(theta)):
        expected = change_of_field(arch, theta[r], move[r], x[r : r + 1])
        assert float(squares[r]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("particles", [30, 700])
@pytest.mark.parametrize(
    ("width", "knobs"), [(3, {}), (6, {"profile": "geometric"}), (3, {"profile": "step"})]
)
@pytest.mark.parametrize(("scheme", "substeps"), WAYS)
@pytest.mark.parametrize("activation", list(kernel.CODES))
def test_the_compiled_metric_is_that_by_layers(activation, scheme, substeps, width, knobs, particles):
    """Over one block of particles and over several; narrowing layers have units that move nobody at last."""
    spec = {"dataset": "s_curve", "bottleneck": 2, "field": "single_layer", "activation": activation}
    arch = Architecture.of(small_spec(**spec, **knobs, scheme=scheme, substeps=substeps), width)
    generator = torch.Generator().manual_seed(3)
    theta = 0.5 * torch.randn(2, arch.shape.size, generator=generator)
    x = torch.randn(1, width, particles, generator=generator)
    assert Narrow.suits(arch, x)
    metric, exact = FieldMetric(arch, theta, x), FieldMetric(arch, theta.double(), x.double())
    assert len(metric.groups) == len(set(arch.shape.counts))
    tau, tikhonov = torch.tensor([0.3, 2.0]), torch.tensor([0.1, 0.0])
    move, wanted = (
        metric.solve(theta, tau, tikhonov),
        exact.solve(theta.double(), tau.double(), tikhonov.double()),
    )
    torch.testing.assert_close(move.double(), wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
    torch.testing.assert_close(metric.square(theta).double(), exact.square(theta.double()), rtol=1e-5, atol=0)


def test_the_compiled_metric_of_a_regime_has_the_bits_that_it_has_alone(monkeypatch):
    monkeypatch.setattr(narrow, "SHARED_WORK", 0)
    arch, theta, x = problem("single_layer", regimes=5)
    theta, x = theta.float(), x.float()
    tau, tikhonov = torch.full((5,), 0.5), torch.linspace(0, 0.3, 5)
    metric = FieldMetric(arch, theta, x)
    move, squares = metric.solve(theta, tau, tikhonov), metric.square(theta)
    for r in range(5):
        own = slice(r, r + 1)
        alone = FieldMetric(arch, theta[own], x[own])
        assert torch.equal(alone.solve(theta[own], tau[own], tikhonov[own]), move[own])
        assert torch.equal(alone.square(theta[own]), squares[own])


@pytest.mark.parametrize("most_entries", [400, 0])
@pytest.mark.parametrize("field", FIELDS)
def test_solve_inverts_what_square_measures(field, most_entries, monkeypatch):
    """(M/τ + 2λ)⁻¹ g minimises ⟨Δ, M Δ⟩/(2τ) + λ|Δ|² - g·Δ."""
    monkeypatch.setattr(rules, "MOST_ENTRIES", most_entries)
    if field == "leaky" and not most_entries:
        pytest.skip("it has no Kronecker form")
    arch, theta, x = problem(field, scheme="rk4", substeps=2)
    tau, tikhonov = torch.tensor([0.3, 2.0]).double(), torch.tensor([0.1, 0.0]).double()
    for metric in (FieldMetric(arch, theta, x), ControlMetric(arch)):
        gradient = torch.randn(theta.shape, generator=torch.Generator().manual_seed(9), dtype=theta.dtype)
        best = metric.solve(gradient, tau, tikhonov).requires_grad_()
        quadratic = metric.square(best) / arch.step / (2 * tau) + tikhonov * best.square().sum(1)
        (slope,) = torch.autograd.grad(quadratic.sum(), best)
        torch.testing.assert_close(slope, gradient, rtol=1e-8, atol=1e-9)


def test_kronecker_form_is_exact_where_x_and_slope_are_independent(monkeypatch):
    """With σ = identity the slope is 1 and, without V, nothing couples: both forms agree."""
    arch, theta, x = problem("single_layer", "identity")
    move = torch.ones_like(theta)
    squares = []
    monkeypatch.setattr(metric_blocks, "DAMPING", 0.0)
    for most_entries in (400, 0):
        monkeypatch.setattr(rules, "MOST_ENTRIES", most_entries)
        squares.append(FieldMetric(arch, theta, x).square(move))
    torch.testing.assert_close(*squares, rtol=1e-10, atol=0)


@pytest.mark.parametrize("most_entries", [400, 0])
def test_layers_together_or_one_by_one_give_the_same(most_entries, monkeypatch):
    monkeypatch.setattr(rules, "MOST_ENTRIES", most_entries)
    arch, theta, x = problem("two_layer")
    tau, tikhonov = torch.tensor([0.3, 2.0]).double(), torch.tensor([0.1, 0.0]).double()
    steps = []
    for most_numbers in (2**25, 1):
        monkeypatch.setattr(rules, "MOST_NUMBERS", most_numbers)
        metric = FieldMetric(arch, theta, x)
        steps.append(metric.solve(theta, tau, tikhonov))
    assert len(metric.groups) == arch.depth
    torch.testing.assert_close(*steps, rtol=1e-9, atol=1e-12)


def test_few_regimes_at_a_time_equal_each_alone_and_the_others_stay(monkeypatch):
    arch, theta, x = problem("two_layer", regimes=4)
    rows = torch.tensor([0, 2, 3])
    tau, tikhonov = torch.full((4,), 0.5).double(), torch.tensor([0.1, 0.0, 0.2, 0.3]).double()
    gradient = torch.randn(theta.shape, generator=torch.Generator().manual_seed(9), dtype=theta.dtype)
    for most in (1, 2**21):
        monkeypatch.setattr(rules, "MOST_NUMBERS", most)
        within = Within(arch, theta, x, rows)
        assert len(within.parts) == (3 if most == 1 else 1)
        move, squares = within.solve(gradient, tau, tikhonov), within.square(gradient)
        assert not bool(move[1].any()) and float(squares[1]) == 0
        for r in rows.tolist():
            own = slice(r, r + 1)
            alone = FieldMetric(arch, theta[own], x[own])
            torch.testing.assert_close(move[own], alone.solve(gradient[own], tau[own], tikhonov[own]))
            torch.testing.assert_close(squares[own], alone.square(gradient[own]))


def test_a_wide_layer_of_a_field_without_a_kronecker_form_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setattr(rules, "MOST_ENTRIES", 10)
    with pytest.raises(InputError, match=r"metric.*control for this field"):
        FieldMetric(*problem("leaky"))


def symmetric(count, size, seed):
    half = torch.randn(count, size, 3 * size, generator=torch.Generator().manual_seed(seed)).double()
    half = half * torch.linspace(1, 5, size).double()[:, None]
    return half @ half.mT


def test_an_eigenbasis_is_kept_while_it_fits_and_its_values_are_those_of_now(monkeypatch):
    monkeypatch.setattr(metric_blocks, "KEPT_FROM", 0)
    bases, first, other = metric_blocks.Eigenbases(), symmetric(2, 6, 0), symmetric(2, 6, 1)
    values, axes = bases.of(first, ["a", "b"])
    torch.testing.assert_close(axes * values[:, None] @ axes.mT, first)
    near = first * 1.3 + 1e-3 * other
    kept_values, kept = bases.of(near, ["a", "b"])
    assert torch.equal(kept, axes)
    torch.testing.assert_close(kept_values, (axes.mT @ near @ axes).diagonal(dim1=1, dim2=2))
    assert not torch.equal(kept_values, values)
    mixed = torch.stack([near[0], axes[1] @ symmetric(1, 6, 3)[0] @ axes[1].mT])
    values, renewed = bases.of(mixed, ["a", "b"])
    assert torch.equal(renewed[0], axes[0]) and not torch.equal(renewed[1], axes[1])
    torch.testing.assert_close(values[1], torch.linalg.eigvalsh(mixed[1]))
    # Each has its own, wherever it lies among the others.
    assert torch.equal(bases.of(mixed[1:], ["b"])[1], renewed[1:])


def test_regimes_keep_their_own_eigenbases_while_others_end(monkeypatch):
    monkeypatch.setattr(metric_blocks, "KEPT_FROM", 0)
    monkeypatch.setattr(rules, "MOST_ENTRIES", 0)
    knobs = {"depth": 4, "particles": 100, "iterations": 30, "tolerance": 1e-3, "dtype": "float64"}
    base = ac.RunSpec(dataset="moons", method="pmp", **knobs)
    specs = [base.but(tikhonov=weight) for weight in (50.0, 1e-4, 1e-2)]
    runs = train_regimes(specs)
    assert len(runs[0].history["cost"]) < len(runs[1].history["cost"])
    for run, spec in zip(runs, specs, strict=True):
        np.testing.assert_allclose(run.history["cost"], ac.train(spec).history["cost"], rtol=1e-6)
