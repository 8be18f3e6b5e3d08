"""What the lesson on optimal control says, held to autograd and to a flow whose layers last longer."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from lessons.direct import STORE, about, ask
from torch import Tensor

from autoencode_core.analysis.run_problem import RunProblem
from autoencode_core.lessons.checks.optimal_control import first_to_change, price_share, where_time_counts
from autoencode_core.questions.control import HAMILTONIAN
from autoencode_core.training.records import run_of

BEST = "gallery-control"


def cost(problem: RunProblem, theta: Tensor, longer: Tensor, weight: float) -> Tensor:
    """J for autograd: an own RK4 for the single layer with tanh, whose layer n lasts δ + longer_n."""
    arch, state = problem.arch, problem.x
    price = torch.zeros(())
    for n, layer in enumerate(arch.shape.layers(theta[None])):
        a, h = arch.counts[n], arch.step + longer[n]
        w, b = layer[0][0], layer[1][0].reshape(-1, 1)
        if n == arch.depth // 2:
            state = torch.cat([state[:, : arch.bottleneck], 0 * state[:, arch.bottleneck :]], 1)
        u = state[0, :a]

        def velocity(x: Tensor, w: Tensor = w, b: Tensor = b) -> Tensor:
            return torch.tanh(w @ x + b)

        k1 = velocity(u)
        k2 = velocity(u + h / 2 * k1)
        k3 = velocity(u + h / 2 * k2)
        k4 = velocity(u + h * k3)
        state = torch.cat([(u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))[None], state[:, a:]], 1)
        price = price + h * (w.square().sum() + b.square().sum())
    return (state - problem.y).square().sum(dim=1).mean() + weight * price


@pytest.fixture(scope="module")
def problem() -> RunProblem:
    return RunProblem(run_of(STORE.record(BEST)))


def test_the_price_is_lambda_times_the_squared_norm(problem: RunProblem) -> None:
    record = STORE.record(BEST)
    theta, still = problem.model.control.vector, torch.zeros(problem.arch.controlled)
    price = record.spec.weight * problem.step * float(theta.square().sum())
    whole = float(cost(problem, theta, still, record.spec.weight))
    assert price_share(about(BEST)).value == pytest.approx(100 * price / whole, rel=1e-6)


def test_at_rest_the_gradient_of_autograd_vanishes_in_just_the_layers_that_stay(problem: RunProblem) -> None:
    theta = torch.zeros_like(problem.model.control.vector, requires_grad=True)
    still = torch.zeros(problem.arch.controlled)
    (gradient,) = torch.autograd.grad(cost(problem, theta, still, 0.03), theta)
    layers = problem.arch.shape.layers(gradient[None])
    sizes = [float(sum(part.square().sum() for part in layer)) for layer in layers]
    changed = np.array(sizes) > 1e-20
    truth = first_to_change(about(BEST))
    assert truth.value == "decoder" and not changed[: len(sizes) // 2].any()
    assert truth.facts["layers"] == str(changed.sum())
    assert truth.facts["first"] == str(int(changed.argmax()) + 1)
    assert float(truth.facts["before"]) == 0


def test_the_hamiltonian_is_what_j_falls_by_when_a_layer_lasts_longer(problem: RunProblem) -> None:
    longer = torch.zeros(problem.arch.controlled, dtype=torch.float64, requires_grad=True)
    theta = problem.model.control.vector
    (slopes,) = torch.autograd.grad(cost(problem, theta, longer, 0.03), longer)
    record = STORE.record(BEST)
    assert -slopes.numpy() == pytest.approx(ask(HAMILTONIAN, record)["hamiltonian"], rel=1e-3, abs=1e-5)
    half = len(slopes) // 2
    truth = where_time_counts(about(BEST))
    assert truth.value == ("decoder" if -slopes[half:].mean() > -slopes[:half].mean() else "encoder")
    assert float(truth.facts["decoder"]) == pytest.approx(-float(slopes[half:].mean()), rel=0.05)


def test_the_words_follow_the_run() -> None:
    other = replace(STORE.record(BEST), history={"cost": [1.0], "data_term": [1.0], "penalty": [0.0]})
    case = replace(about(BEST), store=_One(other))
    assert price_share(case).value == 0


class _One:
    """A store of one run."""

    def __init__(self, record):  # type: ignore[no-untyped-def]
        self.only = record

    def record(self, run_id: str):  # type: ignore[no-untyped-def]
        return self.only

    study = member_ids = record
