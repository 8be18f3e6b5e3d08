"""A study that is cut and goes on from its checkpoint is the undisturbed one, whatever was computed then."""

from functools import cache

import numpy as np
import pytest
import torch

from autoencode_core.export.study import study_bytes
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan
from autoencode_core.training import study as study_module
from autoencode_core.training import study_work
from autoencode_core.training.checkpoint import CheckpointRefused
from autoencode_core.training.selection import train
from autoencode_core.training.study import make_study

SPEC = RunSpec(
    dataset="s_curve",
    field="single_layer",
    depth=8,
    horizon=4.0,
    particles=60,
    iterations=60,
    tolerance=1e-4,
    data_seed=0,
    dtype="float64",
)
PLANS = {
    "strip": Plan(
        kind="strip", spec=SPEC.but(iterations=12), tikhonov=(0.003, 0.1), seeds=(0, 1, 2), further=0
    ),
    "labels": Plan(
        kind="strip",
        spec=RunSpec(dataset="moons", task="classify", depth=6, particles=60, iterations=8, method="adam"),
        tikhonov=(1e-3, 1e-2),
        seeds=(0, 1),
    ),
    "continuation": Plan(kind="continuation", spec=SPEC, tikhonov=(0.003, 0.1), seeds=(0, 1)),
}


@pytest.fixture(autouse=True)
def two_together(monkeypatch):
    """Four runs are trained together, then what is left."""
    monkeypatch.setattr(study_work, "batches", lambda specs: [specs[:4], specs[4:]])


@cache
def undisturbed(name):
    """The study with its runs, and checkpoints on the way with the number of what was told by then."""
    plan, found, told = PLANS[name], [], []

    def hear(progress):
        told.append(progress.regime)
        if len(told) % (5 if plan.kind == "strip" else 1) == 0:
            found.append((len(told), progress.checkpoint()))

    return *make_study(plan, hear), found, told


def same(one, two):
    assert one[0] == two[0]
    for a, b in zip(one[1], two[1], strict=True):
        assert (a.status, a.message, a.spec) == (b.status, b.message, b.spec)
        for key in set(a.history) - {"seconds"}:
            np.testing.assert_array_equal(a.history[key], b.history[key], err_msg=key)
        assert torch.equal(a.model.control.flatten(), b.model.control.flatten())
        for key in a.probe:
            np.testing.assert_array_equal(a.probe[key], b.probe[key], err_msg=key)
        assert {**a.summary, "seconds": 0} == {**b.summary, "seconds": 0}


@pytest.mark.parametrize("name", ["strip", "labels"])
def test_a_strip_goes_on_in_the_batch_that_was_cut(name, monkeypatch):
    *whole, found, told = undisturbed(name)
    batches = [
        len(study_work.unpacked(data, study_work.KIND, of_plan(name), study_work._Work)[0].batches)
        for _, data in found
    ]
    assert set(batches) == ({0, 1} if name == "strip" else {0})
    # Elsewhere there is room for fewer runs at once: the batch is as it was.
    monkeypatch.setattr(study_work, "batches", lambda specs: [[spec] for spec in specs])
    for place, data in (found[0], found[len(found) // 2], found[-1]):
        again = []
        same(
            whole,
            make_study(PLANS[name], lambda p, again=again: again.append(p.regime) and None, resume=data),
        )
        assert len(again) <= len(told) - place + len(PLANS[name].settings()) and set(again) == set(told)


def of_plan(name):
    return study_module.fingerprint([PLANS[name].model_dump_json()])


def test_a_continuation_goes_on_wherever_it_was_also_beside_its_runs():
    """In a branch, in the best of seeds, and on the way back from a jump."""
    *whole, found, _ = undisturbed("continuation")
    assert any(outcome.jump for outcome in whole[0].outcomes)
    batches = {}
    for _, data in found:
        work, _ = study_work.unpacked(data, study_work.KIND, of_plan("continuation"), study_work._Work)
        batches[tuple(work.batches)] = data
    beside = (1, 1, 2, 1, 1)  # both branches, and the best of two seeds between them
    assert {beside[:count] for count in range(len(beside) + 1)} <= set(batches)
    for data in list(batches.values())[1::2]:
        same(whole, make_study(PLANS["continuation"], resume=data))


def test_what_was_trained_before_is_told_and_not_trained_again(monkeypatch):
    *_, found, _ = undisturbed("strip")
    trained, rows = [], []
    usual = study_module.train_regimes

    def counted(specs, *given, **more):
        trained.append(len(specs))
        return usual(specs, *given, **more)

    monkeypatch.setattr(study_module, "train_regimes", counted)
    make_study(PLANS["strip"], lambda p: rows.append(p) and None, resume=found[-1][1])
    assert trained == [2]
    ended = undisturbed("strip")[1]
    for place, row in enumerate(rows[:4]):
        assert (row.regime, row.cost) == (place, ended[place].history["cost"][-1]) and row.checkpoint is None
        np.testing.assert_array_equal(row.snapshot().outputs, ended[place].probe["snapshot_outputs"][-1])
        assert row.history().shape == (row.iteration + 1, len(ended[place].history))
    assert {row.regime for row in rows[4:]} == {4, 5} and rows[4].checkpoint is not None


def test_a_stop_after_it_went_on_keeps_what_was_trained_before():
    *whole, found, _ = undisturbed("strip")
    study, runs = make_study(PLANS["strip"], lambda _: "stop", resume=found[-1][1])
    assert [outcome.status for outcome in study.outcomes] == ["finished"] * 4
    assert [run.history["cost"] for run in runs] == [run.history["cost"] for run in whole[1][:4]]


def test_the_file_of_a_study_is_the_same():
    *whole, found, _ = undisturbed("strip")
    again = make_study(PLANS["strip"], resume=found[-1][1])
    assert abs(len(study_bytes(*again)) - len(study_bytes(*whole))) < 2000  # but for times


def test_one_of_another_study_or_damaged_is_refused():
    *_, found, _ = undisturbed("strip")
    data, plan = found[-1][1], PLANS["strip"]
    start = train(SPEC.but(iterations=1))
    for refused in (
        lambda: make_study(plan.model_copy(update={"seeds": (0, 1)}), resume=data),
        lambda: make_study(PLANS["continuation"], resume=data),
        lambda: make_study(plan, start=start, resume=data),
        lambda: make_study(plan, resume=data[:-100]),
        lambda: make_study(plan, resume=b"rubbish"),
        lambda: train(SPEC, resume=data),
    ):
        with pytest.raises(CheckpointRefused):
            refused()


def test_runs_within_one_are_read_as_strictly_as_any_file():
    *_, found, _ = undisturbed("strip")
    values, tensors = study_work.unpacked(found[-1][1], study_work.KIND, of_plan("strip"), study_work._Work)

    def resumed(**changed):
        mutant = {**tensors.found, **{name.replace("_", " "): part for name, part in changed.items()}}
        data = study_work.packed(study_work.KIND, of_plan("strip"), values, mutant)
        return make_study(PLANS["strip"], lambda _: pytest.fail("it was trained"), resume=data)

    swapped = {"run_0": tensors.found["run 1"], "run_1": tensors.found["run 0"]}
    for wrong in ({"run_2": tensors.found["run 2"][:-30]}, {"run_0": tensors.found["training"]}, swapped):
        with pytest.raises(CheckpointRefused):
            resumed(**wrong)
