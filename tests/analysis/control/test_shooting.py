"""Which particles the analyses of a control sum over."""

import numpy as np
import pytest

from autoencode_core.analysis.control.along import hamiltonian
from autoencode_core.training.objective import cost_and_gradient


def test_of_too_many_particles_some_are_taken(make_run, monkeypatch):
    monkeypatch.setattr("autoencode_core.analysis.control.shooting.KEPT", 8 * 20 * 60)
    run = make_run(field="single_layer")
    found = hamiltonian(run)
    assert "of the 60 particles" in found["note"] and np.isfinite(found["hamiltonian"]).all()
    every = round(60 / int(found["note"].split("over ")[1].split()[0]))
    some = run.data.source.train[::every]
    cost, _ = cost_and_gradient(run.model, some, run.spec.tikhonov)
    assert every > 1 and found["cost"] == pytest.approx(cost)


def test_without_its_file_the_stored_particles_do(csv_run):
    run, path = csv_run
    whole = hamiltonian(run)
    path.unlink()
    object.__setattr__(run, "loaded", None)
    run.__dict__.pop("data", None)
    found = hamiltonian(run)
    assert "stored with it" in found["note"] and not whole["note"]
    np.testing.assert_allclose(found["hamiltonian"], whole["hamiltonian"], atol=1e-4)
