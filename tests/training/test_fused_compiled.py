"""The GPU's kernel as its compiler takes it, for a card that need not be here: nothing is run."""

from dataclasses import replace

import pytest
import torch
from triton_without_a_card import Card, compiling

from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.training import fused
from autoencode_core.training.fused import Fused

triton = pytest.importorskip("triton", reason="Triton has builds for Linux on x86-64 only")


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """The binaries of all launches so far."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernels, found = fused._kernels(), []
    stand_in = compiling(kernels, ("sweep", "add_up"), found)
    monkeypatch.setattr(fused, "_kernels", lambda: stand_in)
    monkeypatch.setattr(triton.runtime.driver, "_active", Card())
    return found


def net(
    field="single_layer", activation="tanh", counts=(3, 2, 2, 3), scheme="euler", substeps=1, horizon=1.0
):
    given = controlled_field(field, activation, 2)
    return Architecture(counts, len(counts), horizon, given, SCHEMES[scheme], substeps)


def launch(arch, regimes=1, particles=100, dtype=torch.float32, call="squares_and_gradient"):
    theta = torch.zeros(regimes, arch.shape.size, dtype=dtype)
    x = torch.zeros(regimes, arch.width, particles, dtype=dtype)
    getattr(Fused(arch), call)(theta, x, x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("field", "activation", "scheme"),
    [("single_layer", "softplus", "rk4"), ("two_layer", "sin", "midpoint"), ("two_layer", "relu", "euler")],
)
def test_it_compiles(compiled, field, activation, scheme, dtype):
    arch = net(field, activation, scheme=scheme)
    launch(arch, dtype=dtype)
    launch(arch, dtype=dtype, call="squares")
    assert len(compiled) == 4 and all(binary.asm["cubin"] for binary in compiled)


def test_another_knob_compiles_nothing_anew(compiled):
    launch(net())
    for arch, regimes, particles in [
        (net(counts=(3, 1, 1, 1, 1, 3)), 1, 100),
        (replace(net(counts=(4, 1, 1, 4), substeps=3), horizon=7.0), 16, 128),
        (net("single_layer"), 1, 1),
    ]:
        launch(arch, regimes, particles)
    assert len(compiled) == 8 and len({id(binary) for binary in compiled}) == 2
