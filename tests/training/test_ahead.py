"""Iterations that are made before the first of them is looked at: the run is the same bit for bit."""

import numpy as np
import pytest
import torch
from problems import RESIDUAL

import autoencode_core as ac
from autoencode_core.training import loop
from autoencode_core.training.group import Group

BASE = {"dataset": "moons", "depth": 6, "particles": 103, "method": "adam", "iterations": 60}
CASES = {
    "all finish": {},
    "in batches": {"batch_size": 32},
    "in double precision": {"dtype": "float64"},
    "some converge": {"tolerance": 0.2, "learning_rate": 0.1},
    "one diverges": {**RESIDUAL, "activation": "relu", "horizon": 30.0, "learning_rate": 0.5},
    "run off": {"batch_size": 32, "learning_rate": 5.0, "iterations": 250, "fidelity": None},
    "sub-steps are doubled": {**RESIDUAL, "horizon": 6.0, "fidelity": 0.05, "learning_rate": 0.1},
    "a method that looks at values": {"method": "lbfgs", "iterations": 25},
}


@pytest.fixture
def blocks(monkeypatch):
    """Lets trainings run ahead on a processor too; the lengths that they go, in a list."""
    lengths, advance = [], Group.advance

    def counted(self, count, running):
        lengths.append(count)
        return advance(self, count, running)

    def begin():
        lengths.clear()
        monkeypatch.setattr(loop, "AHEAD", {"cpu": 16})
        return lengths

    monkeypatch.setattr(Group, "advance", counted)
    return begin


def same(one, two):
    for a, b in zip(one, two, strict=True):
        assert (a.status, a.message, a.spec) == (b.status, b.message, b.spec)
        for key in set(a.history) - {"seconds"}:
            np.testing.assert_array_equal(a.history[key], b.history[key], err_msg=key)
        assert torch.equal(a.model.control.flatten(), b.model.control.flatten())
        for key in a.probe:
            np.testing.assert_array_equal(a.probe[key], b.probe[key], err_msg=key)
        for x, y in zip(a.path, b.path, strict=True):
            np.testing.assert_array_equal(x, y)
        assert {**a.summary, "seconds": 0} == {**b.summary, "seconds": 0}


@pytest.mark.parametrize("case", CASES)
def test_a_sweep_that_runs_ahead_is_the_same(case, blocks):
    spec = ac.RunSpec(**{**BASE, **CASES[case]})
    one_by_one = ac.sweep(spec, tikhonov=[1e-4, 1.0], seeds=[0, 1, 5])
    lengths = blocks()
    same(ac.sweep(spec, tikhonov=[1e-4, 1.0], seeds=[0, 1, 5]), one_by_one)
    assert (max(lengths) > 1) == (spec.method == "adam")
    endings = {(run.status, len(run.history["cost"])) for run in one_by_one}
    assert case not in ("some converge", "one diverges", "run off") or len(endings) > 1
    doubled = {run.summary["substeps"] for run in one_by_one}
    assert case != "sub-steps are doubled" or len(doubled) > 1


@pytest.mark.parametrize("at", [7, 24, 33])
def test_a_stop_ends_at_its_iteration(at, blocks):
    def answer(progress):
        return "stop" if progress.regime == 1 and progress.iteration == at else None

    spec = ac.RunSpec(**BASE)
    one_by_one = ac.sweep(spec, seeds=[0, 1], on_progress=answer)
    blocks()
    ahead = ac.sweep(spec, seeds=[0, 1], on_progress=answer)
    same(ahead, one_by_one)
    assert ahead[1].status == "stopped" and ahead[1].history["iteration"][-1] == at


@pytest.mark.parametrize("batch", [0, 32])
def test_a_change_by_hand_counts_from_the_next_iteration_on(batch, blocks):
    told = {False: [], True: []}

    def hear(ahead):
        def answer(progress):
            told[ahead].append((progress.iteration, progress.cost, progress.snapshot().codes.tobytes()))
            changes = {8: ac.Change(iteration=8, step=0.3), 27: ac.Change(iteration=27, tikhonov=0.5)}
            return changes.get(progress.iteration)

        return answer

    spec = ac.RunSpec(**BASE, batch_size=batch)
    one_by_one = ac.train(spec, hear(False))
    lengths = blocks()
    same([ac.train(spec, hear(True))], [one_by_one])
    assert told[True] == told[False] and max(lengths) > 1
    same([ac.train(one_by_one.spec)], [one_by_one])  # the changes now come from the spec


def test_how_far_it_goes(blocks, monkeypatch):
    """Up to a look, to the end, to what memory holds, and one by one where an iteration lasts long."""
    spec = ac.RunSpec(**{**BASE, "iterations": 97})
    lengths = blocks()
    monkeypatch.setattr(loop, "LATE", 1e9)
    ac.train(spec)
    ends = set(np.cumsum(lengths).tolist())
    assert {5, 50, 60, 80, 97} <= ends and max(lengths) == 16
    for name, value in (("LATE", 0.0), ("AHEAD_NUMBERS", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(loop, name, value)
            lengths.clear()
            ac.train(spec)
            assert lengths == [1] * 97
