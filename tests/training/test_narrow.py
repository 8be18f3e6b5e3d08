"""The compiled engine through every scheme, against autograd of the scheme itself in float64."""

from dataclasses import dataclass, replace

import pytest
import torch
from problems import PROFILES

from autoencode_core.flow import kernel
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import SingleLayer, TwoLayer, controlled_field
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.flow.schemes import SCHEMES, Scheme
from autoencode_core.flow.widths import active_counts
from autoencode_core.training import narrow
from autoencode_core.training.narrow import Narrow

KNOWN = ("single_layer", "two_layer")
TWISTED = Scheme("twisted", "twisted", 1, ((), (0.7,), (-0.4, 0.0), (0.3, 0.2, 0.9)), (0.0, 0.6, 0.5, -0.1))
"""No scheme of ours: coefficients of both signs, zeros between them, more than one in a row."""
USELESS = Scheme("useless", "useless", 1, ((), (0.5,)), (1.0, 0.0))
"""Euler with a stage that nothing reads."""


def net(field="single_layer", activation="tanh", profile="linear", classify=False, width=6, depth=6):
    counts = active_counts(width, 2, depth, profile)
    return Architecture(
        counts, depth // 2 if classify else depth, 2.0, controlled_field(field, activation, 3)
    )


def drawn(arch, regimes=2, particles=300):
    draw = torch.Generator().manual_seed(3)
    theta = arch.width**-0.5 * torch.randn(regimes, arch.shape.size, generator=draw)
    x = torch.randn(regimes, arch.width, particles, generator=draw)
    return theta, x, (0.5 * x[:, : arch.counts[arch.controlled - 1]] + 0.1).contiguous()


def by_autograd(arch, theta, x, y):
    """Squares and gradient in L²(0,T) of (1/N) Σ|X_L - y|², by autograd in float64."""
    theta = theta.double().requires_grad_()
    squares = (arch.outcome(arch.shape.layers(theta), x.double()) - y.double()).square().sum(2)
    (raw,) = torch.autograd.grad(squares.sum() / x.shape[2], theta)
    return squares.detach(), raw / arch.step


def close(one, two, tolerance=2e-6):
    for a, b in zip(one, two, strict=True):
        assert float((a.double() - b).norm() / b.norm()) < tolerance


def forced(arch, kept):
    engine = Narrow(arch)
    engine.kept = kept
    return engine


@pytest.mark.parametrize("classify", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", list(kernel.CODES))
@pytest.mark.parametrize("field", KNOWN)
def test_every_scheme_in_sub_steps_equals_autograd(field, activation, profile, classify):
    base = net(field, activation, profile, classify)
    given = drawn(base)
    for scheme in (*SCHEMES.values(), TWISTED, USELESS):
        for substeps in (1, 2, 3):
            arch = base.by(scheme, substeps)
            squares, gradient = forced(arch, True).squares_and_gradient(*given)
            close([squares, gradient], by_autograd(arch, *given))
            again = forced(arch, False).squares_and_gradient(*given)
            assert torch.equal(again[0], squares) and torch.equal(again[1], gradient)
            assert torch.equal(Narrow(arch).squares(*given), squares)


@pytest.mark.parametrize("width", range(1, 10))
@pytest.mark.parametrize("field", KNOWN)
def test_every_width_leaves_its_own_remainder(field, width):
    """Products take four terms at a time and the rest by itself."""
    counts = (width, max(1, width - 1), max(1, width - 3), max(1, width - 2), width, width)
    arch = Architecture(counts, 6, 1.0, controlled_field(field, "tanh", 1), SCHEMES["rk4"], 2)
    given = drawn(arch, particles=260)
    close(Narrow(arch).squares_and_gradient(*given), by_autograd(arch, *given))


def test_a_useless_stage_changes_nothing():
    arch = net()
    given = drawn(arch)
    plain = Narrow(arch).squares_and_gradient(*given)
    for one, two in zip(Narrow(arch.by(USELESS, 1)).squares_and_gradient(*given), plain, strict=True):
        assert torch.equal(one, two)


def test_memory_is_bounded_by_one_layers_points(monkeypatch):
    rooms = []
    monkeypatch.setattr(kernel, "sweep", lambda *given: rooms.append(given[7]))
    arch = net(width=20, depth=40)
    theta, x, y = drawn(arch, particles=10)
    for substeps in (1, 64):
        engine = Narrow(arch.by(SCHEMES["rk4"], substeps))
        for call in (engine.squares_and_gradient, engine.squares):
            call(theta, x, y)
    assert rooms == [True, False, False, False]  # a cost alone keeps no points
    assert Narrow(arch).kept and narrow.KEPT <= 2**26


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_suits_every_scheme(scheme):
    assert Narrow.suits(net().by(SCHEMES[scheme], 64), torch.zeros(1))


def test_it_suits_the_fields_and_nonlinearities_that_it_knows_and_no_other(monkeypatch):
    @dataclass(frozen=True)
    class Leaking(SingleLayer):
        def velocity(self, theta, x):
            return super().velocity(theta, x) - x

    like = torch.zeros(1)
    assert Narrow.suits(net(), like) and Narrow.suits(replace(net(), field=TwoLayer("relu", 2)), like)
    assert not Narrow.suits(replace(net(), field=Leaking("tanh")), like)
    assert not Narrow.suits(net(activation="softplus"), like)
    assert not Narrow.suits(net(), like.double())
    monkeypatch.setitem(NONLINEARITIES, "tanh", replace(NONLINEARITIES["tanh"], bound=2.0))
    assert not Narrow.suits(net(), like)


def test_an_expansion_that_the_single_layer_does_not_read():
    arch = net()
    given = drawn(arch)
    other = replace(arch, field=SingleLayer("tanh", 4))
    close(Narrow(other).squares_and_gradient(*given), by_autograd(arch, *given))


def test_a_state_that_overflows_within_a_layer_shows():
    arch = net("two_layer", "relu").by(SCHEMES["rk4"], 3)
    theta, x, y = drawn(arch)
    theta[1] *= 1e20
    squares, _ = Narrow(arch).squares_and_gradient(theta, x, y)
    assert bool(squares[0].isfinite().all()) and not bool(squares[1].isfinite().all())
