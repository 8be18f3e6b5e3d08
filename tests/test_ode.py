"""What is said of a run beside its ODE: the sentence, and the figures that it is made of."""

from dataclasses import replace

import numpy as np
import pytest

from autoencode_core import ode
from autoencode_core.ode import difference_of, on_the_way, sentence, share, verdict
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.training.records import record_of
from autoencode_core.training.selection import train


@pytest.fixture(scope="module")
def record():
    return record_of(train(RunSpec(dataset="moons", particles=40, depth=4, iterations=3, bottleneck=1)))


def held(record: RunRecord, difference, error, pca=1.0, **changes) -> RunRecord:
    figures = {"ode_difference": difference, "ode_test_error": error, "pca_test_error": pca}
    return replace(record, summary={**record.summary, **figures}, **changes)


@pytest.mark.parametrize(
    ("difference", "error", "pca", "said"),
    [
        (0.004, 0.04, 1.0, "A discretised ODE, 0.4 % from its exact flow; 25 times better than PCA."),
        (0.02, 0.99, 1.0, "A discretised ODE, 2 % from its exact flow; as good as PCA."),
        (0.0, 0.5, 1.0, "A discretised ODE, 0 % from its exact flow; 2 times better than PCA."),
        (0.06, 2.0, 1.0, "Nearly a discretised ODE, 6 % from its exact flow; 2 times worse than PCA."),
        (0.06, 2.0, None, "Nearly a discretised ODE, 6 % from its exact flow."),
        (
            3.2,
            2.9,
            0.48,
            "It left its ODE, 320 % from its exact flow: integrated exactly, the same control has a test "
            "error of 2.9, PCA one of 0.48.",
        ),
        (
            None,
            None,
            None,
            "It left its ODE, and its exact flow has no end: integrated exactly, the same control has "
            "no finite test error.",
        ),
    ],
)
def test_the_headline(record, difference, error, pca, said):
    assert sentence(held(record, difference, error, pca)) == said


def test_runs_of_old_and_diverged_runs_have_no_headline(record):
    old = {key: value for key, value in record.summary.items() if not key.startswith("ode_")}
    assert sentence(replace(record, summary=old)) == ""
    assert sentence(held(record, 0.01, 0.1, status="diverged")) == ""


def test_a_control_of_0_is_pca_or_at_rest(record):
    still = {**record.weights, "control": np.zeros_like(record.weights["control"])}
    resting = held(record, 0.0, 1.0, weights=still)
    assert sentence(resting) == "This flow IS PCA: the control is 0."
    assert "at rest" in sentence(replace(resting, spec=record.spec.but(coordinates="raw")))


def test_a_field_that_moves_at_0_is_not_at_rest(record, monkeypatch):
    still = {**record.weights, "control": np.zeros_like(record.weights["control"])}
    monkeypatch.setattr(ode, "rests", lambda spec: False)
    assert sentence(held(record, 0.01, 0.5, weights=still)).startswith("A discretised ODE")


@pytest.mark.parametrize("coordinates", ["principal", "standard", "raw", "correlation"])
def test_the_error_of_the_exact_flow_is_that_of_flow_coordinates(coordinates):
    spec = RunSpec(
        dataset="moons",
        particles=80,
        depth=4,
        iterations=5,
        coordinates=coordinates,
        horizon=2,
        scheme="euler",
    )
    run = train(spec.but(fidelity=None))
    fine = run.model.flow(run.data.test, method="rk4", substeps=64).states[-1]
    wanted = (
        np.square(fine.numpy() - run.model.coordinates.to_flow(run.data.source.test_targets)).sum(1).mean()
    )
    assert run.summary["ode_test_error"] == pytest.approx(wanted, rel=1e-3)


def test_words_of_the_way():
    assert on_the_way(float("nan"), 1, 1) == ""
    assert "sub-steps" not in on_the_way(0.01, 2, 2) and "4 sub-steps" in on_the_way(0.01, 4, 2)


def test_shares_and_verdicts():
    assert [share(value) for value in (0, 0.00123, 0.25, 12)] == [
        "0 %",
        "0.12 %",
        "25 %",
        "12 times the spread",
    ]
    assert [verdict(value) for value in (0.02, 0.021, 0.1, 0.11, float("inf"))] == [
        "ode", "nearly", "nearly", "not", "not"
    ]  # fmt: skip
    assert difference_of({}) is None and difference_of({"ode_difference": None}) == float("inf")
