"""Particles that come over in chunks: the sums are those of all at once."""

import pytest
import torch

import autoencode_core as ac
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import controlled_field
from autoencode_core.training import problem
from autoencode_core.training.objective import Objective
from autoencode_core.training.streamed import Streamed, fits

HERE = torch.device("cpu")


def particles(regimes, dtype, rows=4, count=103, seed=0):
    return torch.randn(regimes, rows, count, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("regimes", "shared"), [(1, True), (3, True), (3, False)])
@pytest.mark.parametrize("chunk", [1, 1000, 10**9])
def test_the_sums_are_those_of_all_at_once(dtype, regimes, shared, chunk):
    """By the sweep of narrow nets in float32 and by that of wide ones in float64."""
    arch = Architecture((4, 3, 3, 4), 4, 1.5, controlled_field("single_layer", "tanh", 1))
    x = particles(1 if shared else regimes, dtype)
    weights = torch.linspace(0, 0.1, regimes, dtype=dtype)
    theta = torch.randn(regimes, arch.shape.size, dtype=dtype, generator=torch.Generator().manual_seed(1))
    tight = {"rtol": 1e-5, "atol": 1e-6} if dtype == torch.float32 else {"rtol": 1e-12, "atol": 1e-13}
    for y in (x, particles(len(x), dtype, seed=2)):
        whole = Objective(arch, x, y, weights)
        streamed = Objective(arch, x, y, weights, Streamed(arch, HERE, dtype, chunk=chunk))
        (terms, gradient), (wanted, right) = (o.cost_and_gradient(theta) for o in (streamed, whole))
        torch.testing.assert_close(gradient, right, **tight)
        torch.testing.assert_close(terms.cost, wanted.cost, **tight)
        torch.testing.assert_close(streamed.cost(theta).data_term, wanted.data_term, **tight)


def test_only_some_particles_are_on_the_device_at_once(monkeypatch):
    arch = Architecture((4, 3, 3, 4), 4, 1.5, controlled_field("single_layer", "tanh", 1))
    streamed, seen = Streamed(arch, HERE, torch.float64, chunk=4 * 8 * 10), []
    inner = streamed.engine.squares

    def watched(theta, x, y):
        seen.append(x.shape[2])
        return inner(theta, x, y)

    monkeypatch.setattr(streamed.engine, "squares", watched)
    x = particles(1, torch.float64)
    streamed.squares(torch.zeros(1, arch.shape.size, dtype=torch.float64), x, x)
    assert seen == [10] * 10 + [3]


def test_particles_stay_elsewhere_where_a_card_has_no_room_for_them(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 2000))
    assert fits(500, torch.device("cuda")) and not fits(501, torch.device("cuda"))
    assert fits(10**15, HERE)


@pytest.mark.parametrize(
    "knobs",
    [
        {"method": "adam", "batch_size": 16},
        {"method": "lbfgs"},
        {"method": "pmp", "inner_steps": 2},
        {"method": "lbfgs", "task": "classify", "bottleneck": 1, "dtype": "float64"},
        {"method": "lbfgs", "task": "denoise", "noise": 0.1},
        {"method": "lbfgs", "fidelity": 1e-3, "scheme": "euler"},
    ],
)
def test_a_training_whose_particles_are_streamed_is_the_same(monkeypatch, knobs):
    """Its line searches see sums that round otherwise, so their last digits differ."""
    spec = ac.RunSpec(dataset="moons", particles=40, depth=4, **{"iterations": 6, "seed": 1, **knobs})
    usual = ac.train(spec)
    made = []
    monkeypatch.setattr(problem, "fits", lambda *_: False)
    monkeypatch.setattr(
        problem, "Streamed", lambda *given: made.append(Streamed(*given, chunk=99)) or made[0]
    )
    run = ac.train(spec)
    assert made and (run.status, len(run.history["cost"])) == (usual.status, len(usual.history["cost"]))
    assert run.model.architecture.substeps == usual.model.architecture.substeps
    for name in ("cost", "test_error"):
        assert list(run.history[name]) == pytest.approx(list(usual.history[name]), rel=1e-3)
    assert run.summary["ode_difference"] == pytest.approx(usual.summary["ode_difference"], rel=0.01)
