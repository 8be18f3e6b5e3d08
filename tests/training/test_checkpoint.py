"""A training that is cut and goes on from its checkpoint is the undisturbed one, to the bit."""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from problems import RESIDUAL

import autoencode_core as ac
from autoencode_core.changes import Change
from autoencode_core.training import (
    checkpoint,
    lbfgs,
    loop,
    loop_checkpoint,
    metric,
    metric_blocks,
    selection,
)
from autoencode_core.training.checkpoint import CheckpointRefused
from autoencode_core.training.loop import train_regimes

BASE = {"dataset": "moons", "depth": 6, "particles": 103, "iterations": 28}
LEAVES = {**RESIDUAL, "horizon": 6.0, "fidelity": 0.05}
"""Knobs of a network that leaves its ODE, so that its sub-steps are doubled."""
CASES = {
    "adam": {"method": "adam"},
    "adam with batches": {"method": "adam", "batch_size": 32},
    "lbfgs": {"iterations": 60},
    "lbfgs in double precision": {"dtype": "float64"},
    "lbfgs of larger controls": {"field": "two_layer", "hidden": 40, "depth": 8},
    "pmp": {"method": "pmp", "iterations": 10},
    "pmp in the metric of the control": {
        "method": "pmp",
        "metric": "control",
        "inner_steps": 2,
        "iterations": 10,
    },
    "sub-steps are doubled": {**LEAVES, "method": "adam", "learning_rate": 0.1, "dtype": "float64"},
    "sub-steps are doubled, with batches": {
        **LEAVES,
        "method": "adam",
        "learning_rate": 0.1,
        "batch_size": 32,
    },
    "sub-steps are doubled, lbfgs": LEAVES,
    "sub-steps are doubled, pmp": {**LEAVES, "method": "pmp", "iterations": 7},
    "one diverges": {
        **RESIDUAL,
        "method": "adam",
        "activation": "relu",
        "horizon": 30.0,
        "learning_rate": 0.5,
        "iterations": 60,
    },
    "some converge": {"tolerance": 0.2},
    "classify": {"task": "classify", "method": "adam", "iterations": 12},
}
REGIMES = ((1e-4, 0), (1.0, 1), (1e-4, 5))


def same(one, two):
    for a, b in zip(one, two, strict=True):
        assert (a.status, a.message, a.spec) == (b.status, b.message, b.spec)
        for key in set(a.history) - {"seconds"}:
            np.testing.assert_array_equal(a.history[key], b.history[key], err_msg=key)
        assert sorted(b.history["seconds"]) == b.history["seconds"]
        assert torch.equal(a.model.control.flatten(), b.model.control.flatten())
        for key in a.probe:
            np.testing.assert_array_equal(a.probe[key], b.probe[key], err_msg=key)
        for x, y in zip(a.path, b.path, strict=True):
            np.testing.assert_array_equal(x, y)
        assert {**a.summary, "seconds": 0} == {**b.summary, "seconds": 0}


def specs_of(case, regimes):
    spec = ac.RunSpec(**{**BASE, **CASES[case]})
    return [spec.but(tikhonov=weight, seed=seed) for weight, seed in REGIMES[:regimes]]


@cache
def undisturbed(case, regimes):
    """The runs, and what was told of each regime: its iterations."""
    told = []
    runs = train_regimes(specs_of(case, regimes), lambda p: told.append((p.regime, p.iteration)) and None)
    return runs, told


class Cut(Exception):
    """The end of a worker."""


def cut_at(call, place):
    """The checkpoint at what is told in that place, where a training breaks off; None after its end."""
    found, seen = [], iter(range(place + 1))

    def told(progress):
        if next(seen) == place:
            found.append(progress.checkpoint())
            raise Cut

    try:
        call(told)
    except Cut:
        return found[0]
    return None


@settings(max_examples=16)
@given(some.sampled_from(sorted(CASES)), some.sampled_from([1, 3]), some.data())
def test_wherever_it_is_cut_it_goes_on_as_if_nothing_had_happened(case, regimes, data):
    """Cut once, and then cut again."""
    specs, (whole, told) = specs_of(case, regimes), undisturbed(case, regimes)
    resume = b""
    for _ in range(2):
        place = data.draw(some.integers(0, len(told) - 1))
        before = resume
        resume = (
            cut_at(lambda hear, before=before: train_regimes(specs, hear, resume=before), place) or resume
        )
    again = []
    runs = train_regimes(specs, lambda p: again.append((p.regime, p.iteration)) and None, resume=resume)
    same(whole, runs)
    # Where all regimes stand comes first, then what had not been told yet.
    assert [regime for regime, _ in again[:regimes]] == list(range(regimes)) if resume else again == told
    assert len(again) == len(set(again)) and set(dict(told).items()) <= set(again) <= set(told)


def test_the_cases_do_what_they_say():
    of = {case: undisturbed(case, 3)[0] for case in CASES}
    for case in CASES:
        doubled = max(run.summary["substeps"] for run in of[case]) > 1
        assert doubled or "doubled" not in case
    assert {run.status for run in of["one diverges"]} > {"diverged"}
    assert len({len(run.history["cost"]) for run in of["some converge"]}) > 1
    small = ac.RunSpec(**BASE), ac.RunSpec(**{**BASE, **CASES["lbfgs of larger controls"]})
    pairs = [lbfgs.pairs_for(torch.zeros(1, int(size)), 48) for size in map(parameters, small)]
    assert [type(each) for each in pairs] == [lbfgs.CompiledPairs, lbfgs.PairMemory]


def parameters(spec):
    return ac.train(spec.but(iterations=1)).summary["parameters"]


@pytest.mark.parametrize("at", [4, 9, 10, 14])
@pytest.mark.parametrize("method", ["adam", "lbfgs", "pmp"])
def test_changes_by_hand_come_once_on_either_side_of_a_cut(method, at):
    """From the spec and by hand; one of the very iteration at which it was cut comes after it goes on."""
    spec = ac.RunSpec(**BASE, method=method, changes=[{"iteration": 4, "tikhonov": 2e-3}])
    by_hand = {9: Change(iteration=9, step=0.3), 14: Change(iteration=14, tikhonov=1e-3, step=0.2)}
    whole = ac.train(spec, lambda p: by_hand.get(p.iteration))
    assert [change.iteration for change in whole.spec.changes] == [4, 9, 14]
    found = {}

    def told(progress):
        if progress.iteration == at:
            found[at] = progress.checkpoint()
            raise Cut
        return by_hand.get(progress.iteration)

    with pytest.raises(Cut):
        ac.train(spec, told)
    same([whole], [ac.train(spec, lambda p: by_hand.get(p.iteration), resume=found[at])])


def test_a_stop_after_it_went_on_ends_it_there():
    spec = ac.RunSpec(**BASE)
    resume = cut_at(lambda told: ac.train(spec, told), 12)
    run = ac.train(spec, lambda p: "stop" if p.iteration == 20 else None, resume=resume)
    assert run.status == "stopped" and run.history["iteration"] == list(range(21))


def test_time_goes_on_where_it_was():
    spec = ac.RunSpec(**BASE)
    rows = []
    resume = cut_at(lambda told: ac.train(spec, lambda p: rows.append(p.seconds) or told(p)), 20)
    run = ac.train(spec, resume=resume)
    assert run.history["seconds"][: len(rows)] == rows and run.history["seconds"][21] > rows[-1]
    assert run.summary["seconds"] > rows[-1]


def test_whoever_watches_can_have_the_rows_so_far():
    seen = []
    run = ac.train(ac.RunSpec(**BASE), lambda p: seen.append(p.history()) if p.iteration in (0, 17) else None)
    columns = np.array([run.history[key] for key in run.history]).T
    np.testing.assert_array_equal(seen[0], columns[:1])
    np.testing.assert_array_equal(seen[1], columns[:18])


@pytest.mark.parametrize("place", [3, 13, 27])
@pytest.mark.parametrize("case", ["adam", "adam with batches", "sub-steps are doubled"])
def test_a_method_that_has_run_ahead_is_brought_back_first(case, place, monkeypatch):
    specs, (whole, _) = specs_of(case, 3), undisturbed(case, 3)
    monkeypatch.setattr(loop, "AHEAD", {"cpu": 16})
    monkeypatch.setattr(loop, "LATE", 1e9)
    resume = cut_at(lambda told: train_regimes(specs, told), 3 * place)
    same(whole, train_regimes(specs, resume=resume))
    taken = []
    same(
        whole, train_regimes(specs, lambda p: taken.append(p.checkpoint()) if p.iteration % 7 == 0 else None)
    )
    same(whole, train_regimes(specs, resume=taken[-1]))


def test_eigenbases_that_pmp_keeps_are_kept(monkeypatch):
    monkeypatch.setattr(metric_blocks, "KEPT_FROM", 0)
    monkeypatch.setattr(metric, "MOST_ENTRIES", 0)
    spec = ac.RunSpec(**{**BASE, "method": "pmp", "depth": 4, "iterations": 20, "dtype": "float64"})
    specs = [spec, spec.but(tikhonov=0.01)]
    whole = train_regimes(specs)
    resume = cut_at(lambda told: train_regimes(specs, told), 26)
    same(whole, train_regimes(specs, resume=resume))
    kept = metric_blocks.Eigenbases.restore
    monkeypatch.setattr(metric_blocks.Eigenbases, "restore", lambda self, state, like: None)
    without = train_regimes(specs, resume=resume)
    assert without[0].history["cost"] != whole[0].history["cost"], "they were never stale"
    monkeypatch.setattr(metric_blocks.Eigenbases, "restore", kept)
    # Where there is no room for them it goes on as well, but not to the bit.
    monkeypatch.setattr(loop_checkpoint, "ROOM", 300)
    small = cut_at(lambda told: train_regimes(specs, told), 26)
    assert len(small) < len(resume)
    for run, other in zip(train_regimes(specs, resume=small), whole, strict=True):
        np.testing.assert_allclose(run.history["cost"], other.history["cost"], rtol=1e-2)


@pytest.mark.parametrize("case", ["lbfgs", "lbfgs of larger controls"])
def test_where_there_is_little_room_the_latest_pairs_are_kept(case, monkeypatch):
    (spec,), (whole, _) = specs_of(case, 1), undisturbed(case, 1)
    resume = cut_at(lambda told: ac.train(spec, told), 24)
    each = 2 * whole[0].model.control.flatten().nbytes
    monkeypatch.setattr(loop_checkpoint, "ROOM", 3 * each)
    small = cut_at(lambda told: ac.train(spec, told), 24)
    pairs, fewer = (safetensors.numpy.load(data) for data in (resume, small))
    name = "group 0 method moves"
    assert len(pairs[name]) > 3 == len(fewer[name])
    latest = {row.tobytes() for row in fewer[name]}
    assert latest <= {row.tobytes() for row in pairs[name]}
    run = ac.train(spec, resume=small)
    assert run.history["cost"][:25] == whole[0].history["cost"][:25]
    assert np.diff(run.history["cost"])[25:].max() <= 0
    assert run.history["cost"][-1] < run.history["cost"][24]


def test_one_that_would_be_too_large_is_none(monkeypatch):
    monkeypatch.setattr(checkpoint, "MOST_BYTES", checkpoint._HEADER_BYTES + 10_000)
    assert cut_at(lambda told: ac.train(ac.RunSpec(**BASE), told), 5) == b""


# ---- λ chosen by the data


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    t = np.random.default_rng(2).uniform(-1, 1, 40)
    path = tmp_path_factory.mktemp("table") / "bow.csv"
    np.savetxt(path, np.column_stack([t, t**2, 0.5 * t]), delimiter=",", header="a,b,c", comments="")
    return ac.RunSpec(dataset=str(path), bottleneck=1, depth=6, horizon=5.0, iterations=20)


def test_a_weight_that_was_chosen_is_not_chosen_again(table, monkeypatch):
    assert table.tikhonov == "auto"
    found, choosing = {}, []

    def told(progress):
        if progress.choosing is not None:
            choosing.append(progress.checkpoint)
        elif progress.iteration in (0, 13):
            found[progress.iteration] = progress.checkpoint()

    whole = ac.train(table, told)
    assert set(choosing) == {None}
    monkeypatch.setattr(selection, "choose", lambda *given: pytest.fail("it was chosen again"))
    for resume in found.values():
        run = ac.train(table, resume=resume)
        same([whole], [run])
        assert run.choice == whole.choice
    with pytest.raises(CheckpointRefused, match="another training"):
        ac.train(table.but(seed=7), resume=resume)
    with pytest.raises(CheckpointRefused):
        ac.train(table.but(tikhonov=0.1), resume=resume)


def test_where_there_can_be_none_there_is_none():
    spec, found = ac.RunSpec(**{**BASE, "iterations": 3}), set()
    ac.sweep(spec, [1e-3, 1e-2], on_progress=lambda p: found.add(p.checkpoint))
    ac.continuation(spec, [1e-3, 1e-2], on_progress=lambda p: found.add(p.checkpoint))
    assert found == {None}


# ---- elsewhere

ELSEWHERE = """
import sys
import autoencode_core as ac
spec = ac.RunSpec.model_validate_json(sys.argv[1])
run = ac.train(spec, resume=sys.stdin.buffer.read())
sys.stdout.buffer.write(run.model.control.flatten().numpy().tobytes())
"""


def test_another_process_goes_on_to_the_same_bits():
    spec = ac.RunSpec(**BASE, dtype="float64")
    resume = cut_at(lambda told: ac.train(spec, told), 20)
    command = [sys.executable, "-c", ELSEWHERE, spec.model_dump_json()]
    done = subprocess.run(command, input=resume, capture_output=True, timeout=120)
    assert done.stdout == ac.train(spec).model.control.flatten().numpy().tobytes(), done.stderr.decode()


# ---- hostile ones

SMALL = {**BASE, "particles": 12, "iterations": 8}


@cache
def small(method="lbfgs"):
    spec = ac.RunSpec(**{**SMALL, "method": method, "batch_size": 5 if method == "adam" else 0})
    return spec, cut_at(lambda told: ac.train(spec, told), 5)


@pytest.mark.parametrize(
    "other",
    [{"seed": 3}, {"iterations": 9}, {"particles": 13}, {"tikhonov": 0.5}, {"dtype": "float64"}],
)
def test_one_of_another_training_is_refused(other):
    spec, resume = small()
    with pytest.raises(CheckpointRefused, match="another training"):
        ac.train(spec.but(**other), resume=resume)
    with pytest.raises(CheckpointRefused):
        train_regimes([spec, spec.but(seed=9)], resume=resume)


def test_one_of_other_particles_or_another_start_is_refused():
    spec, resume = small()
    data = ac.train(spec.but(iterations=1, noise=0.1)).data
    with pytest.raises(CheckpointRefused):
        ac.train(spec, data=data, resume=resume)
    with pytest.raises(CheckpointRefused):
        train_regimes([spec], starts=torch.ones(1, int(parameters(spec))), resume=resume)


@pytest.mark.parametrize("method", ["adam", "lbfgs", "pmp"])
def test_every_tensor_must_be_there_in_its_shape_and_type(method):
    spec, resume = small(method)
    size = int.from_bytes(resume[:8], "little")
    text = checkpoint.parse(resume[8 : 8 + size], "", "")["__metadata__"]
    arrays = safetensors.numpy.load(resume)
    assert len(arrays) > 20
    for name, array in arrays.items():
        wrongs = [array[:-1], array[None], array.astype(np.int16)] if len(array) else [array[None]]
        for wrong in [*wrongs, *([] if name == "group 0 seen" else [None])]:  # which is looked at again
            mutant = {key: each for key, each in {**arrays, name: wrong}.items() if each is not None}
            with pytest.raises(CheckpointRefused):
                ac.train(spec, resume=safetensors.numpy.save(mutant, text))
    whole = safetensors.numpy.save(arrays, text)
    same([ac.train(spec)], [ac.train(spec, resume=whole)])
    for name in ("group 0 kept", "group 0 method theta", "group 0 method gradient"):
        with pytest.raises(CheckpointRefused):
            ac.train(spec, resume=safetensors.numpy.save({**arrays, name: arrays[name] * np.nan}, text))


@settings(max_examples=60)
@given(some.sampled_from(["adam", "lbfgs", "pmp"]), some.data())
def test_whatever_is_wrong_with_one_it_is_refused_or_trained_on(method, data):
    spec, resume = small(method)
    header = 8 + int.from_bytes(resume[:8], "little")
    mutant = bytearray(resume)
    for _ in range(data.draw(some.integers(1, 3))):
        place = data.draw(some.integers(0, header - 1) | some.integers(0, len(resume) - 1))
        mutant[place] = data.draw(some.integers(0, 255))
    cut = data.draw(some.none() | some.integers(0, len(resume)))
    try:
        run = ac.train(spec, resume=bytes(mutant[:cut]) or b"x")
    except CheckpointRefused as error:
        assert "checkpoint" in str(error)
    else:
        assert run.history["iteration"] == list(range(len(run.history["iteration"])))
