"""λ chosen by the data: the rule, the folds, and what becomes of the run."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

import autoencode_core as ac
from autoencode_core.data.coordinates import Coordinates
from autoencode_core.training import selection
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.run import RunData, load_data
from autoencode_core.training.selection import choose, grid, held_out, train

QUICK = {"depth": 6, "horizon": 5.0, "iterations": 40}


@pytest.fixture
def table(tmp_path):
    """Writes a table of numbers; gives the spec of it."""

    def write(values, name="table", **knobs):
        path = tmp_path / f"{name}.csv"
        header = ",".join(f"c{j}" for j in range(values.shape[1]))
        np.savetxt(path, values, delimiter=",", header=header, comments="", fmt="%.17g")
        return ac.RunSpec(dataset=str(path), **{**QUICK, **knobs})

    return write


def noise(rows=60):
    """Nothing but noise in three columns: no map does better than PCA on new rows."""
    return np.random.default_rng(1).standard_normal((rows, 3))


def bow(rows=60):
    """A bow with next to no noise: a curved map explains what PCA cannot."""
    rng = np.random.default_rng(2)
    t = rng.uniform(-1, 1, rows)
    return np.column_stack([t, t**2, 0.5 * t]) + 0.02 * rng.standard_normal((rows, 3))


def test_of_noise_the_highest_weight_is_chosen(table):
    spec = table(noise(), bottleneck=1)
    assert spec.tikhonov == "auto"
    run = ac.train(spec)
    assert run.spec.tikhonov == run.choice.weights[0] == run.choice.tikhonov
    assert run.choice.by_pca and run.choice.mean[0] == pytest.approx(1, abs=1e-3)
    assert run.summary["test_error"] == pytest.approx(run.summary["pca_test_error"], rel=1e-3)
    assert f"λ = {run.spec.tikhonov:g}, chosen by 10-fold cross-validation" in run.message


def test_of_a_bow_a_low_weight_is_chosen(table):
    run = ac.train(table(bow(), bottleneck=1, iterations=100, horizon=8.0, depth=10))
    choice = run.choice
    assert run.spec.tikhonov == choice.tikhonov < 0.1 * choice.weights[0]
    assert choice.mean[choice.chosen] < 0.5
    assert run.summary["test_error"] < 0.5 * run.summary["pca_test_error"]


def test_every_fold_is_what_a_single_training_gives(table):
    """Errors of the batch beside those of trainings one by one, computed from the outputs in data units."""
    spec = table(bow(33), bottleneck=1, iterations=15, dtype="float64")
    data = load_data(spec)
    choice = choose(spec, data)
    assert len(choice.errors) >= 4 and choice.rows == len(data.train) == 26
    for k, held in enumerate(held_out(26, spec.sample)):
        kept = np.setdiff1d(np.arange(26), held)[:23]  # another fold holds out 3 rows
        rows = data.source.train
        source = replace(
            data.source,
            train=rows[kept],
            test=rows[held],
            train_targets=rows[kept],
            test_targets=rows[held],
            train_hue=data.source.train_hue[kept],
            test_hue=data.source.train_hue[held],
        )
        coordinates = Coordinates.fit("correlation", rows[kept])
        u = coordinates.to_flow(rows[held])
        assert choice.scale[k] == pytest.approx(np.square(u[:, 1:]).sum(1).mean(), rel=1e-9)
        for place in (0, len(choice.weights) - 1):
            alone = train(spec.but(tikhonov=choice.weights[place]), data=RunData.of(source, torch.float64))
            out = coordinates.to_flow(alone.model.reconstruct(rows[held]).numpy())
            error = np.square(out - u).sum(1).mean() / choice.scale[k]
            assert choice.errors[place][k] == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize(("task", "knobs"), [("classify", {}), ("denoise", {"noise": 0.3})])
def test_other_tasks_choose_as_well(tmp_path, task, knobs):
    rows = "\n".join(
        f"{a},{b},{'xy'[int(a > 0)]}" for a, b in np.random.default_rng(0).standard_normal((40, 2))
    )
    (tmp_path / "two.csv").write_text(f"a,b,label\n{rows}\n")
    spec = ac.RunSpec(dataset=str(tmp_path / "two.csv"), task=task, **knobs, **{**QUICK, "iterations": 10})
    run = ac.train(spec)
    assert run.choice.by_pca == (task == "denoise") and np.isfinite(run.choice.mean).all()
    assert run.spec.tikhonov in run.choice.weights


@pytest.mark.parametrize("rows", [2, 3, 7, 23, 300])
def test_folds_share_out_all_rows(rows):
    folds = held_out(rows, 3)
    assert len(folds) == (5 if rows == 300 else min(10, rows))
    assert sorted(np.concatenate(folds)) == list(range(rows))
    assert max(map(len, folds)) - min(map(len, folds)) <= 1
    assert [list(fold) for fold in folds] == [list(fold) for fold in held_out(rows, 3)]


def test_one_row_cannot_choose(table):
    spec = table(noise(2))
    with pytest.raises(ac.InputError, match=r"tikhonov = auto: allowed is a number where there is only one"):
        ac.train(spec)


@given(some.floats(1e-40, 1e40))
def test_the_grid_falls_by_half_decades_from_a_share_of_the_variance(variance):
    weights = grid(variance)
    assert len(weights) == selection.STEPS and max(weights) <= 1e3
    assert all(2.9 < a / b < 3.5 for a, b in pairwise(weights))
    if 1e-20 < variance < 1e3:
        assert 0.15 < weights[0] / variance < 0.6


@settings(max_examples=3)
@given(some.lists(some.floats(-6, 6), min_size=3, max_size=3), some.permutations(range(3)))
def test_neither_units_nor_order_of_columns_change_the_choice(tmp_path_factory, powers, order):
    values, quick = bow(40), {"depth": 4, "horizon": 5.0, "iterations": 6}
    path = tmp_path_factory.mktemp("units")
    chosen = []
    for name, columns in (("plain", values), ("scaled", (values * 10.0 ** np.array(powers))[:, order])):
        np.savetxt(path / f"{name}.csv", columns, delimiter=",", header="a,b,c", comments="", fmt="%.17g")
        spec = ac.RunSpec(dataset=str(path / f"{name}.csv"), bottleneck=1, dtype="float64", **quick)
        chosen.append(choose(spec, load_data(spec)))
    assert chosen[0].weights == chosen[1].weights and chosen[0].tikhonov == chosen[1].tikhonov
    np.testing.assert_allclose(chosen[0].errors, chosen[1].errors, rtol=1e-3)


def test_progress_tells_of_the_choice_and_then_of_the_run(table):
    seen = []
    ac.train(table(noise(), bottleneck=1, iterations=10), lambda progress: seen.append(progress) or None)
    choosing = [p.choosing for p in seen if p.choosing is not None]
    shares = [each.share for each in choosing]
    assert shares[0] == 0 and all(0 <= share <= 1 for share in shares)
    assert choosing[-1].trainings == 80 and {each.begun for each in choosing} <= {40, 60, 80}
    assert shares == sorted(shares)
    regimes = {p.regime for p in seen if p.choosing is not None}
    assert regimes == set(range(choosing[-1].begun))
    alone = [p for p in seen if p.choosing is None]
    assert seen[-len(alone) :] == alone and {p.regime for p in alone} == {0}


@pytest.mark.parametrize("stage", ["first batch", "later batch", "run"])
def test_stop_ends_it_at_any_stage(table, stage):
    spec, seen = table(bow(40), bottleneck=1, iterations=15, tolerance=0.0), []
    begun = {"first batch": 0, "later batch": 41, "run": 1000}[stage]

    def stop(progress):
        seen.append(progress)
        return "stop" if progress.choosing is None or progress.choosing.begun >= begun else None

    run = ac.train(spec, stop)
    assert run.status == "stopped" and run.summary["iterations"] == 0
    assert ("That was while λ was being chosen." in run.message) == (stage != "run")
    stopped = [p for p in seen if p.choosing is not None and p.choosing.begun >= begun]
    assert all(p.iteration == 0 for p in stopped)  # no training goes on, and no further one begins
    assert len({p.choosing.begun for p in stopped}) == (stage != "run")
    if stage == "first batch":
        assert run.choice is None and run.message.endswith("λ = 1, where it begins.")
    else:
        assert run.spec.tikhonov == run.choice.tikhonov
        assert len(run.choice.weights) == {"later batch": 4}.get(stage, len(run.choice.weights))


def test_a_number_is_not_chosen(table):
    run = ac.train(table(noise(), bottleneck=1, tikhonov=0.01, iterations=3))
    assert run.choice is None and run.spec.tikhonov == 0.01 and "chosen" not in run.message


def test_what_needs_a_number_says_so(table):
    spec = table(noise(), bottleneck=1, iterations=3)
    for call in (lambda: train_regimes([spec]), lambda: ac.sweep(spec)):
        with pytest.raises(ac.InputError, match="tikhonov = auto: allowed is a number here"):
            call()
    assert [run.spec.tikhonov for run in ac.sweep(spec, tikhonov=[0.1])] == [0.1]
    assert ac.continuation(spec, [0.1])[0].spec.tikhonov == 0.1
