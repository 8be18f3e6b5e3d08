"""The GPU's kernel in Triton's interpreter on the CPU, against layers and autograd in double precision."""

import importlib
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from triton_without_a_card import interpreted

from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import SingleLayer, TwoLayer, controlled_field
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.training import engine, fused, memory
from autoencode_core.training.fused import KNOWN, Fused, Plan
from autoencode_core.training.layered import Layered

triton = pytest.importorskip("triton", reason="Triton has builds for Linux on x86-64 only")
tl = importlib.import_module("triton.language")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:triton")  # the interpreter counts with NumPy
GPU = torch.device("cuda")


@pytest.fixture(scope="module", autouse=True)
def nonlinearities(_own):
    with interpreted("nonlinearities", "kernel") as (module, _):
        yield module


def net(
    field="single_layer", activation="tanh", counts=(3, 1, 1, 3), scheme="euler", substeps=1, controlled=4
):
    given = controlled_field(field, activation, 2)
    return Architecture(counts, controlled, 1.5, given, SCHEMES[scheme], substeps)


def drawn(arch, regimes=1, particles=40, shared=False, dtype=torch.float64):
    draw = torch.Generator().manual_seed(3)
    theta = torch.randn(regimes, arch.shape.size, generator=draw, dtype=torch.float64) / arch.width**0.5
    x = torch.randn(1 if shared else regimes, arch.width, particles, generator=draw, dtype=torch.float64)
    y = 0.5 * x[:, : arch.counts[arch.controlled - 1]] + 0.1
    return theta.to(dtype), x.to(dtype), y.to(dtype)


def by_autograd(arch, theta, x, y):
    """Squares and gradient in L²(0,T) of (1/N) Σ|X_L - y|², by autograd in float64."""
    theta = theta.double().clone().requires_grad_()
    starts = x.double().expand(len(theta), -1, -1)
    squares = (arch.outcome(arch.shape.layers(theta), starts) - y.double()).square().sum(2)
    (raw,) = torch.autograd.grad(squares.sum() / x.shape[2], theta)
    return squares.detach(), raw / arch.step


def close(one, two, tolerance):
    for a, b in zip(one, two, strict=True):
        assert float((a.double() - b.double()).norm() / b.double().norm()) < tolerance


@pytest.fixture
def card(monkeypatch):
    """As if what is compiled ran on a card."""
    monkeypatch.setattr(fused, "runs_on", lambda device: True)


def kept(given):
    """Copies, since an engine's next call writes over what it gave."""
    return [tensor.clone() for tensor in given]


@pytest.mark.parametrize(
    ("field", "activation", "scheme", "substeps"),
    [
        ("single_layer", "tanh", "euler", 1),
        ("single_layer", "softplus", "midpoint", 1),
        ("single_layer", "relu", "euler", 2),
        ("single_layer", "sin", "kutta", 1),
        ("single_layer", "identity", "rk4", 2),
        ("two_layer", "tanh", "midpoint", 2),
        ("two_layer", "softplus", "euler", 1),
        ("two_layer", "relu", "kutta", 1),
        ("two_layer", "sin", "euler", 2),
        ("two_layer", "identity", "rk4", 1),
    ],
)
def test_fused_equals_layered_and_autograd(field, activation, scheme, substeps):
    counts = (2, 1, 1, 2) if scheme in ("rk4", "kutta") else (3, 2, 2, 3)
    arch = net(field, activation, counts, scheme, substeps)
    given = drawn(arch)
    one = Fused(arch)
    found = kept(one.squares_and_gradient(*given))
    close(found, by_autograd(arch, *given), 1e-13)
    close(found, Layered(arch).squares_and_gradient(*given), 1e-13)
    assert torch.equal(one.squares(*given), found[0])


@pytest.mark.parametrize("shared", [True, False])
def test_regimes_side_by_side_give_the_bits_of_each_alone(shared):
    arch = net("two_layer")
    theta, x, y = drawn(arch, 3, 40, shared)
    found = kept(Fused(arch).squares_and_gradient(theta, x, y))
    close(found, by_autograd(arch, theta, x, y), 1e-13)
    for r in range(3):
        own = (x, y) if shared else (x[r : r + 1], y[r : r + 1])
        for whole, part in zip(found, Fused(arch).squares_and_gradient(theta[r : r + 1], *own), strict=True):
            assert torch.equal(whole[r : r + 1], part)


@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
def test_where_only_the_encoder_is_controlled(field):
    arch = net(field, "tanh", (3, 2, 2, 3), controlled=2)
    given = drawn(arch)
    assert given[2].shape[1] == 2
    close(Fused(arch).squares_and_gradient(*given), by_autograd(arch, *given), 1e-13)


@pytest.mark.parametrize("width", [1, 5, 9, 16])
def test_every_width_up_to_the_widest(width):
    arch = net("single_layer", "tanh", (width, max(1, width - 3)), controlled=2)
    given = drawn(arch, particles=20)
    close(Fused(arch).squares_and_gradient(*given), by_autograd(arch, *given), 1e-13)


def test_as_many_hidden_units_in_every_layer():
    arch = replace(net(counts=(2, 1, 1, 2)), field=TwoLayer("tanh", hidden=5))
    given = drawn(arch)
    close(Fused(arch).squares_and_gradient(*given), by_autograd(arch, *given), 1e-13)


@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
def test_single_precision(field):
    arch = net(field)
    given = drawn(arch, particles=70, dtype=torch.float32)
    found = Fused(arch).squares_and_gradient(*given)
    assert all(tensor.dtype == torch.float32 for tensor in found)
    close(found, by_autograd(arch, *given), 1e-6)


def test_chunks_and_programs(monkeypatch):
    """Blocks that one program takes after the other, programs with several tasks, regimes that wait."""
    arch = net(counts=(2, 1), controlled=2)
    theta, x, y = drawn(arch, 3, 500)
    whole = kept(Fused(arch).squares_and_gradient(theta, x, y))
    monkeypatch.setattr(fused, "FEW", 64)
    monkeypatch.setattr(fused, "IN_FLIGHT", 256)
    plan = Plan(arch, 500, 8, wanted=True)
    assert (plan.block, plan.chunks, plan.workers(3)) == (128, 2, 2)
    chunked = kept(Fused(arch).squares_and_gradient(theta, x, y))
    close(chunked, whole, 1e-13)
    monkeypatch.setattr(fused, "SCRATCH", 1)
    assert plan.workers(3) == 1
    for one, two in zip(Fused(arch).squares_and_gradient(theta, x, y), chunked, strict=True):
        assert torch.equal(one, two)
    monkeypatch.setattr(fused, "PARTIAL", 3 * plan.columns * 8)
    assert plan.regimes_at_once(3) == 1 and Plan(arch, 500, 8, wanted=True).chunks == 2
    for one, two in zip(Fused(arch).squares_and_gradient(theta, x, y), chunked, strict=True):
        assert torch.equal(one, two)


def test_the_same_particles_again_and_others():
    arch = net(counts=(2, 1), controlled=2)
    theta, x, y = drawn(arch)
    one = Fused(arch)
    first = kept(one.squares_and_gradient(theta, x, y))
    for given in ((theta, x, y), (2 * theta, x, y), (theta, x, 2 * y), (theta, 2 * x, y), (theta, x, y)):
        close(one.squares_and_gradient(*given), by_autograd(arch, *given), 1e-13)
    for a, b in zip(one.squares_and_gradient(theta, x, y), first, strict=True):
        assert torch.equal(a, b)


def test_particles_laid_out_one_after_the_other():
    arch = net(counts=(2, 1), controlled=2)
    theta, x, y = drawn(arch)
    found = kept(Fused(arch).squares_and_gradient(theta, x, y))
    turned = (each.mT.contiguous().mT for each in (x, y))
    for one, two in zip(Fused(arch).squares_and_gradient(theta, *turned), found, strict=True):
        assert torch.equal(one, two)


kernel = None
"""The module of the nonlinearities, for the next function: the interpreter knows globals only."""


def value_and_slope(z, y, slope, SIGMA: "tl.constexpr"):
    """What the kernel makes of 4096 numbers."""
    at = tl.arange(0, 4096)
    value = kernel.value_of(tl.load(z + at), SIGMA)
    tl.store(y + at, value)
    tl.store(slope + at, kernel.slope_of(tl.load(z + at), value, SIGMA))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", KNOWN)
def test_the_kernels_nonlinearities(monkeypatch, nonlinearities, name, dtype):
    monkeypatch.setitem(globals(), "kernel", nonlinearities)
    z = torch.from_numpy(np.r_[np.linspace(-20, 20, 3001), np.geomspace(1e-30, 1e2, 1095)]).to(dtype)
    y, slope = torch.empty_like(z), torch.empty_like(z)
    triton.jit(value_and_slope)[(1,)](z, y, slope, SIGMA=nonlinearities.CODES[name])
    sigma = NONLINEARITIES[name]
    value = sigma.value(z.double())
    tolerance = 4e-7 if dtype == torch.float32 else 1e-15
    absolute = 1e-16 if name == "tanh" else 0
    np.testing.assert_allclose(y.double(), value, rtol=tolerance, atol=absolute)
    np.testing.assert_allclose(slope.double(), sigma.slope(z.double(), value), rtol=0, atol=2 * tolerance)


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_no_number_shows(name):
    arch = net("two_layer", name, (2, 1), controlled=2)
    theta, x, y = drawn(arch, 2)
    x[1, 0, 7] = torch.nan
    squares, gradient = Fused(arch).squares_and_gradient(theta, x, y)
    assert bool(squares[0].isfinite().all()) and bool(gradient[0].isfinite().all())
    assert not bool(squares[1].isfinite().all())


def test_overflow_shows():
    arch = net("two_layer", "relu")
    theta, x, y = drawn(arch, 2, dtype=torch.float32)
    theta[1] *= 1e20
    squares, _ = Fused(arch).squares_and_gradient(theta, x, y)
    assert bool(squares[0].isfinite().all())
    assert not bool(squares[1].isfinite().all())


def test_the_last_velocity_of_a_dropped_component_reaches_nobody():
    arch = net(counts=(3, 2), controlled=2)
    theta, x, y = drawn(arch)
    arch.shape.layers(theta)[0][0][:, 2] = torch.inf  # the row of W that drives the component dropped next
    expected = Layered(arch).squares_and_gradient(theta, x, y)
    assert all(bool(tensor.isfinite().all()) for tensor in expected)
    close(Fused(arch).squares_and_gradient(theta, x, y), expected, 1e-13)


def test_lanes_without_a_particle_do_no_harm():
    """Where no particle is near 0, a state of 0 may overflow on its way."""
    arch = net("single_layer", "identity", (1, 1, 1), controlled=3)
    theta, x, y = drawn(arch, particles=3, dtype=torch.float32)
    theta[:] = torch.tensor([-1e38, 1e38, -1e10, 0.0, 0.0, 0.0])
    x[:] = 1.0
    found = kept(Fused(arch).squares_and_gradient(theta, x, y))
    assert all(bool(tensor.isfinite().all()) for tensor in found)


def test_it_suits_the_fields_and_nonlinearities_that_it_knows_and_no_other(monkeypatch, card):
    @dataclass(frozen=True)
    class Leaking(SingleLayer):
        def velocity(self, theta, x):
            return super().velocity(theta, x) - x

    def suits(arch, dtype=torch.float32, device=GPU):
        return Fused.suits(arch, dtype, device)

    assert suits(net()) and suits(net("two_layer")) and suits(net(), torch.float64)
    assert suits(net(counts=(16, 1))) and not suits(net(counts=(17, 1)))
    assert suits(replace(net(), field=TwoLayer("tanh", hidden=64)))
    assert not suits(replace(net(), field=TwoLayer("tanh", hidden=65)))
    assert all(suits(net(activation=name)) for name in NONLINEARITIES if name != "arctan")
    assert not suits(net(activation="arctan")) and not suits(net("leaky"))
    assert not suits(replace(net(), field=Leaking("tanh")))
    assert not suits(net(), torch.float16) and not suits(net(), device=torch.device("cpu"))
    with monkeypatch.context() as patch:
        patch.setattr(torch.version, "hip", "6.0")
        assert not suits(net())
    with monkeypatch.context() as patch:
        patch.setattr(fused, "runs_on", lambda device: False)
        assert not suits(net())
    monkeypatch.setitem(NONLINEARITIES, "tanh", replace(NONLINEARITIES["tanh"], bound=2.0))
    assert not suits(net())


def test_where_triton_runs(monkeypatch):
    here = torch.device("cpu")
    assert fused.runs_on.__wrapped__(here)  # in the interpreter
    monkeypatch.setattr(fused, "_kernels", lambda: importlib.import_module("no_such_module"))
    assert not fused.runs_on.__wrapped__(here)
    monkeypatch.setattr(fused, "_kernels", lambda: 1 / 0)
    with pytest.warns(RuntimeWarning, match="no kernel can be compiled for cpu.*division"):
        assert not fused.runs_on.__wrapped__(here)


def test_the_engine_of_a_gpu(card):
    class Somewhere:
        dtype, device = torch.float32, GPU

    assert isinstance(engine.engine_for(net(), Somewhere()), Fused)
    assert isinstance(engine.engine_for(net(counts=(17, 1)), Somewhere()), Layered)


def test_memory_is_bounded_however_many_particles_and_regimes():
    longest = net("two_layer", counts=(16,) * 400, scheme="rk4", substeps=64, controlled=400)
    for arch in (net(counts=(3,) * 20, controlled=20), replace(longest, field=TwoLayer("tanh", hidden=64))):
        for particles in (1, 10**4, 10**8):
            plan = Plan(arch, particles, 4, wanted=True)
            assert 0 < plan.bytes <= fused.SCRATCH + fused.PARTIAL
            assert plan.workers(10**5) <= plan.workers(10**6)


def test_a_batch_on_a_gpu_counts_the_kernels_memory(monkeypatch, card):
    spec = memory.RunSpec(dataset="s_curve", particles=10_000)
    monkeypatch.setattr(memory, "pick_device", lambda *_: GPU)
    arch = Architecture.of(spec, 3)
    assert memory.workspace_bytes(spec) >= 2 * Plan(arch, 10_000, 4, wanted=True).bytes
