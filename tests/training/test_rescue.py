"""A card that is lost amid a training, stood in for: what the host had is the run."""

import numpy as np
import pytest
import torch
from problems import RESIDUAL

import autoencode_core as ac
from autoencode_core.training import loop, rescue
from autoencode_core.training.group import Group

BASE = {"dataset": "moons", "depth": 6, "particles": 103, "iterations": 40}
LOST = "CUDA error: the launch timed out and was terminated\nCUDA kernel errors might be reported later"


@pytest.fixture
def lost_at(monkeypatch):
    """Loses the device as soon as a group has made so many iterations; later nothing of it can be read."""

    def begin(iteration, error):
        gone, advance = [], Group.advance

        def failing(self, count, running):
            if self.iteration + count > iteration:
                gone.append(self)
                raise error
            return advance(self, count, running)

        def unreadable(name):
            there = getattr(Group, name)

            def read(self, *given, **more):
                assert self not in gone, "the card is gone"
                return there(self, *given, **more)

            return read

        monkeypatch.setattr(Group, "advance", failing)
        for name in ("snapshots", "fidelity", "control", "on_all"):
            monkeypatch.setattr(Group, name, unreadable(name))
        return gone

    return begin


@pytest.mark.parametrize("often", [0.0, 1e9])
@pytest.mark.parametrize("batch", [0, 32])
def test_the_run_is_reported_with_what_the_host_had(lost_at, monkeypatch, batch, often):
    monkeypatch.setattr(rescue, "SECONDS", often)
    spec = ac.RunSpec(**BASE, method="adam", batch_size=batch)
    seen = []
    whole = ac.train(spec, lambda p: seen.append(p.snapshot().codes) and None)
    assert lost_at(8, torch.AcceleratorError(LOST)) == []
    run, kept = ac.train(spec), 8 if often == 0.0 else 0
    assert run.status == "stopped" and len(run.history["cost"]) == kept + 1
    assert run.message.startswith(
        f"Stopped after {kept} iterations: the device cpu was lost (CUDA error: the launch timed out and was "
        "terminated). What it had until then is kept."
    )
    for key in ("cost", "test_error") if not batch else ("penalty",):
        np.testing.assert_allclose(run.history[key][:-1], whole.history[key][:kept], rtol=1e-6)
    assert run.probe["snapshot_iterations"][-1] == kept == run.path[0][-1]
    np.testing.assert_allclose(run.probe["snapshot_codes"][-1], seen[kept], atol=1e-6)
    assert run.spec == spec and run.summary["ode_difference"] is not None


def test_regimes_that_had_ended_are_what_they_were(lost_at):
    spec = ac.RunSpec(**BASE, tolerance=1e-3, **RESIDUAL)
    weights = [1e-4, 50.0]
    whole = ac.sweep(spec, tikhonov=weights)
    ended = len(whole[1].history["cost"]) - 1
    assert whole[1].status == "converged" and ended < 30 < len(whole[0].history["cost"]) - 1
    lost_at(30, RuntimeError(LOST))
    first, second = ac.sweep(spec, tikhonov=weights)
    assert first.status == "stopped" and second.message == whole[1].message
    assert second.history["cost"] == whole[1].history["cost"]
    assert torch.equal(second.model.control.flatten(), whole[1].model.control.flatten())


def test_changes_by_hand_that_did_not_count_yet_are_not_told(lost_at, monkeypatch):
    monkeypatch.setattr(rescue, "SECONDS", 0.0)
    spec = ac.RunSpec(**BASE, changes=({"iteration": 3, "tikhonov": 0.5}, {"iteration": 9, "step": 0.1}))
    lost_at(9, torch.AcceleratorError(LOST))
    run = ac.train(spec)
    assert [change.iteration for change in run.spec.changes] == [3] and run.spec.weight == 0.5
    assert run.history["iteration"][-1] == 9


def test_one_that_is_lost_before_the_start_is_named(monkeypatch):
    def failing(*given):
        raise torch.AcceleratorError(LOST)

    monkeypatch.setattr(loop, "Problem", failing)
    with pytest.raises(ac.InputError, match=r"device = auto: allowed is one that answers \(CUDA error: the"):
        ac.train(ac.RunSpec(**BASE))


def test_other_errors_are_not_taken_for_a_loss(lost_at):
    assert not rescue.is_lost(torch.OutOfMemoryError("CUDA error: out of memory"))
    lost_at(5, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        ac.train(ac.RunSpec(**BASE))
