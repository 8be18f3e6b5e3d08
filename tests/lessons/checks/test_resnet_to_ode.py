"""Truths about halved steps, against networks that are made with half the step."""

import numpy as np
import pytest
import torch
from lessons.direct import STORE, about, ask

from autoencode_core.lessons.checks import CHECKS
from autoencode_core.questions.ode_limit import STEPS
from autoencode_core.training.records import run_of

LEFT, KEPT = "gallery-residual_network", "gallery-circle"


def outputs(run_id, method, substeps):
    """What the run's control makes of the particles looked at with other steps, and where they should be."""
    run = run_of(STORE.record(run_id))
    every = -(-len(run.data.train) // ask(STEPS, STORE.record(run_id))["moved"])
    exact = run.model.to(torch.float64)  # in single precision rounding would hide a fourth order
    flow = exact.flow(run.data.train[::every].double(), method=method, substeps=substeps)
    return np.asarray(flow.states[-1], float), np.asarray(flow.states[0], float)


def error(run_id, method, substeps):
    made, wanted = outputs(run_id, method, substeps)
    return float(np.square(made - wanted).sum(axis=1).mean())


def test_the_error_with_half_the_step_is_that_of_twice_the_sub_steps():
    found = CHECKS["error_at_half_step"](about(LEFT))
    before, after = error(LEFT, "euler", 1), error(LEFT, "euler", 2)
    assert found.value == "rises" and after > 1.1 * before
    assert float(found.facts["before"]) == pytest.approx(before, rel=0.02)
    assert float(found.facts["after"]) == pytest.approx(after, rel=0.02)


def test_a_run_that_keeps_to_its_ode_does_not_change():
    assert CHECKS["error_at_half_step"](about(KEPT)).value == "stays"


def test_the_distance_shrinks_as_that_to_a_much_finer_flow_does():
    record = STORE.record(KEPT)
    method, steps = record.spec.scheme, record.substeps
    fine, _ = outputs(KEPT, method, 16 * steps)
    far = [
        np.square(outputs(KEPT, method, r)[0] - fine).sum(axis=1).mean() ** 0.5 for r in (steps, 2 * steps)
    ]
    assert CHECKS["difference_at_half_step"](about(KEPT)).value == pytest.approx(far[0] / far[1], rel=0.1)


def test_layers_fold_where_the_determinant_of_a_step_is_negative():
    run = run_of(STORE.record(LEFT))
    arch = run.model.architecture
    control = run.model.control.vector[None].double()
    assert arch.scheme.name == "euler"
    flow = run.model.flow(run.data.train)
    count = 0
    for n, layer in enumerate(arch.shape.layers(control)):
        a = arch.counts[n]
        x = flow.states[n][:, run.model.order[:a]].double()

        def step(point, layer=layer):
            return point + arch.step * arch.field.velocity(layer, point[None, :, None])[0, :, 0]

        jacobians = torch.func.vmap(torch.func.jacrev(step))(x)
        count += bool((torch.linalg.det(jacobians) < 0).any())
    assert 1 <= CHECKS["folding_layers"](about(LEFT, KEPT)).value <= count  # it looks at fewer particles


def test_the_network_itself_is_asked_about():
    found = ask(STEPS, STORE.record(LEFT))
    assert (found["network_scheme"], found["network_substeps"]) == ("euler", 1)
