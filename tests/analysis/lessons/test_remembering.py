"""The flow without its projection, held to the doubled rules by hand, step by step in NumPy."""

import numpy as np
import pytest
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.errors import InputError
from autoencode_core.training.run import Run

KNOBS = {
    "field": "single_layer",
    "scheme": "euler",
    "coordinates": "raw",
    "depth": 6,
    "horizon": 2.0,
    "particles": 30,
    "fidelity": None,
}


def by_hand(run: Run, forget: bool, control: float) -> float:
    """The error of Euler's flow with tanh on raw coordinates: components are kept in their natural order."""
    x = run.data.train.double().numpy()
    counts, theta = run.model.architecture.counts, control * run.model.control.flatten().double().numpy()
    state, at = x.copy(), 0
    for n, a in enumerate(counts):
        if n == len(counts) // 2 and forget:
            state[:, run.spec.bottleneck :] = 0
        weights, bias = theta[at : at + a * a].reshape(a, a), theta[at + a * a : at + a * a + a]
        state[:, :a] += 2.0 / 6 * np.tanh(state[:, :a] @ weights.T + bias)
        at += a * a + a
    assert at == len(theta)
    return float(np.square(state - x).sum(axis=1).mean())


def test_both_errors_are_those_of_a_flow_by_hand() -> None:
    run = untrained(0.5, **KNOBS)
    found = analysis.remembering(run)
    assert found["forgets"] == pytest.approx(by_hand(run, True, 1.0), rel=1e-9)
    assert found["remembers"] == pytest.approx(by_hand(run, False, 1.0), rel=1e-9)
    assert found["rest_forgets"] == pytest.approx(by_hand(run, True, 0.0), rel=1e-9)
    assert abs(found["forgets"] - found["remembers"]) > 1e-3


def test_a_decoder_that_remembers_makes_rest_perfect() -> None:
    assert analysis.remembering(untrained(0.5, **KNOBS))["rest_remembers"] == 0


def test_a_classifier_has_no_decoder_that_could_forget() -> None:
    with pytest.raises(InputError, match="task"):
        analysis.remembering(untrained(task="classify", bottleneck=1))
