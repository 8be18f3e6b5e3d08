"""Where particles go: compiled, against the scheme itself in float64; and each regime as it is alone."""

import pytest
import torch
from problems import PROFILES

from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.flow.widths import active_counts
from autoencode_core.training.flows import codes_and_outputs, outputs
from autoencode_core.training.narrow import Narrow


def net(field="single_layer", activation="tanh", profile="linear", classify=False, width=6, depth=6):
    counts = active_counts(width, 2, depth, profile)
    controlled = depth // 2 if classify else depth
    return Architecture(counts, controlled, 2.0, controlled_field(field, activation, 3), SCHEMES["rk4"], 2)


def drawn(arch, regimes=3, particles=300, shared=False):
    draw = torch.Generator().manual_seed(3)
    theta = arch.width**-0.5 * torch.randn(regimes, arch.shape.size, generator=draw)
    return theta, torch.randn(1 if shared else regimes, arch.width, particles, generator=draw)


@pytest.mark.parametrize("classify", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", ["tanh", "relu", "identity", "softplus"])
@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
def test_codes_and_outputs_are_those_of_the_scheme_in_double_precision(field, activation, profile, classify):
    arch = net(field, activation, profile, classify)
    theta, x = drawn(arch)
    assert Narrow.suits(arch, x) == (activation != "softplus")
    code, end = codes_and_outputs(arch, theta, x)
    layers = arch.shape.layers(theta.double())
    wanted = arch.outcome(layers[: arch.depth // 2], x.double())
    torch.testing.assert_close(code.double(), resize(wanted, arch.bottleneck), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(end.double(), arch.outcome(layers, x.double()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("width", [6, 50])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_regime_has_the_bits_that_it_has_alone(dtype, width, shared):
    arch = net(width=width)
    theta, x = (part.to(dtype) for part in drawn(arch, shared=shared))
    together = codes_and_outputs(arch, theta, x)
    for r in range(len(theta)):
        own = x if shared else x[r : r + 1]
        for part, whole in zip(codes_and_outputs(arch, theta[r : r + 1], own), together, strict=True):
            assert torch.equal(part[0], whole[r])
    if dtype == torch.float32 or width == 50:
        assert torch.equal(outputs(arch, theta, x), together[1])


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", ["tanh", "relu", "identity"])
@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
def test_ends_in_double_precision_are_those_of_the_scheme(field, activation, profile):
    for scheme, classify, shared in (("euler", False, True), ("kutta", True, False), ("rk4", False, False)):
        arch = net(field, activation, profile, classify).by(SCHEMES[scheme], 3)
        theta, x = (part.double() for part in drawn(arch, shared=shared))
        found = outputs(arch, theta, x)
        wanted = arch.outcome(arch.shape.layers(theta), x.expand(len(theta), -1, -1))
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)
        for r in range(len(theta)):
            own = x if shared else x[r : r + 1]
            assert torch.equal(outputs(arch, theta[r : r + 1], own)[0], found[r])


def test_a_particle_that_is_lost_in_double_precision_stays_lost():
    arch = net()
    theta, x = (part.double() for part in drawn(arch, 1, 200))
    x[0, 0, 150] = torch.inf
    x[0, 1, 3] = torch.nan
    lost = outputs(arch, theta, x).isfinite().logical_not().any(1)[0].nonzero()[:, 0]
    assert (
        lost.tolist()
        == arch.outcome(arch.shape.layers(theta), x)
        .isfinite()
        .logical_not()
        .any(1)[0]
        .nonzero()[:, 0]
        .tolist()
        and 3 in lost
    )
