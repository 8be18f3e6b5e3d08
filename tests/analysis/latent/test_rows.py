"""Rows: codes and errors of all rows of a run and of new ones, against the model itself."""

import math
from dataclasses import replace

import numpy as np
import pytest

import autoencode_core as ac
from autoencode_core.analysis import new_rows, own_rows
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.training.records import record_of, run_of

KNOBS = {"iterations": 5, "depth": 4, "bottleneck": 1, "tikhonov": 1e-3, "dtype": "float64"}


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "mine.csv"
    rng = np.random.default_rng(0)
    rows = "".join(
        f"{a:.3f},{1000 * b:.3f},{'uv'[i % 2]}\n" for i, (a, b) in enumerate(rng.normal(size=(40, 2)))
    )
    path.write_text("a,b,label\n" + rows, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(csv):
    return ac.train(RunSpec(dataset=str(csv), **KNOBS))


def errors(run, rows, targets=None):
    to_flow = run.model.coordinates.to_flow
    apart = to_flow(run.model.reconstruct(rows).numpy()) - to_flow(rows if targets is None else targets)
    return (apart**2).sum(axis=1)


def test_all_rows_of_a_file_in_its_order(trained, csv):
    found = own_rows(trained, back=True)
    written = np.loadtxt(csv, delimiter=",", skiprows=1, usecols=(0, 1))
    assert found["numbers"].tolist() == list(range(2, 42))  # the first row is the header
    np.testing.assert_allclose(found["codes"], trained.model.encode(written).numpy())
    np.testing.assert_allclose(found["outputs"], trained.model.reconstruct(written).numpy())
    np.testing.assert_allclose(found["errors"], errors(trained, written))
    assert found["labels"].tolist() == [i % 2 for i in range(40)]
    assert found["test"].sum() == len(trained.data.test) == 8
    assert found["errors"][found["test"]].mean() == pytest.approx(trained.summary["test_error"])
    assert found["errors"][~found["test"]].mean() == pytest.approx(trained.summary["train_error"])
    assert own_rows(trained)["outputs"].shape == (40, 0)


def test_made_particles_are_counted_through():
    run = ac.train(RunSpec(dataset="circle", particles=20, iterations=2, depth=4))
    found = own_rows(run)
    assert (
        found["numbers"].tolist() == list(range(1, 26))
        and found["test"].tolist() == [False] * 20 + [True] * 5
    )
    assert found["labels"].shape == (0,)


def test_images_are_rows_too():
    run = ac.train(RunSpec(dataset="digits", particles=50, iterations=1, depth=4, expansion=1, bottleneck=2))
    found = own_rows(run)
    assert len(found["codes"]) == 50 + len(run.data.test)
    assert (np.diff(found["numbers"]) > 0).all() and found["numbers"][0] >= 1 and found["numbers"][-1] <= 1797


def test_noisy_rows_are_compared_with_their_clean_ones(csv):
    run = ac.train(RunSpec(dataset=str(csv), task="denoise", noise=0.5, **KNOBS))
    found = own_rows(run)
    assert found["errors"][found["test"]].mean() == pytest.approx(run.summary["test_error"])


def test_new_rows_lie_among_the_training_errors(trained):
    rows = np.array([[0.1, 200.0], [30.0, -5000.0], *trained.data.train[:5].numpy()])
    found, known = new_rows(trained, rows, back=True), errors(trained, trained.data.train.numpy())
    np.testing.assert_allclose(found["errors"], errors(trained, rows))
    np.testing.assert_allclose(found["outputs"], trained.model.reconstruct(rows).numpy())
    np.testing.assert_allclose(found["smaller"], [(known < e).mean() for e in errors(trained, rows)])
    assert found["bound"] == pytest.approx(np.sort(known)[math.ceil(0.99 * len(known)) - 1])
    assert found["unusual"].tolist() == (found["smaller"] >= 0.99).tolist()
    assert found["unusual"][1] and not found["unusual"][0] and found["smaller"][1] == 1
    assert new_rows(trained, rows)["outputs"].shape == (7, 0)


def test_about_one_training_row_in_a_hundred_is_unusual():
    run = ac.train(RunSpec(dataset="moons", particles=400, iterations=3, depth=4))
    assert new_rows(run, run.data.train)["unusual"].sum() == 4


def test_a_row_that_runs_off_is_unusual(trained):
    found = new_rows(trained, [[1e15, -1e15]])
    assert found["unusual"].all() and found["smaller"].tolist() == [1.0]


@pytest.mark.parametrize("way", ["mean", "median"])
def test_a_missing_value_is_filled_as_in_training(trained, way):
    run = replace(trained, spec=trained.spec.but(reading={"missing": way}))
    middle = getattr(np, way)(trained.data.train.numpy()[:, 1])
    found = new_rows(run, [[0.3, np.nan]])
    np.testing.assert_allclose(found["codes"], trained.model.encode([[0.3, middle]]).numpy())


@pytest.mark.parametrize("task, dataset", [("classify", "moons"), ("transport", "bimodal_2d")])
def test_what_nobody_knows_of_new_rows(task, dataset):
    run = ac.train(RunSpec(dataset=dataset, task=task, particles=40, iterations=3, depth=4, bottleneck=2))
    found = new_rows(run, run.data.train[:3])
    assert np.isnan(found["errors"]).all() and np.isnan(found["bound"]) and not found["unusual"].any()
    assert found["codes"].shape == (3, 2)
    if task == "classify":
        assert np.isnan(own_rows(run)["errors"]).all()
        with pytest.raises(InputError, match="decoder"):
            new_rows(run, run.data.train[:3], back=True)
    else:
        assert own_rows(run)["errors"][:40].mean() == pytest.approx(run.summary["train_error"], rel=1e-5)


def test_without_its_file_a_run_compares_with_what_it_keeps(trained, csv, tmp_path):
    moved = trained.spec.model_copy(update={"dataset": str(tmp_path / "gone.csv")})
    run = replace(run_of(record_of(trained)), spec=moved)
    assert "cannot be had" in new_rows(run, [[0.0, 1.0]])["note"]
    with pytest.raises(InputError, match="as it was when the run was trained"):
        own_rows(run)


@pytest.mark.parametrize("values", [[[1.0]], [1.0, 2.0], [[np.inf, 1.0]], np.empty((0, 2)), [["a", "b"]]])
def test_what_is_no_table_of_rows(trained, values):
    with pytest.raises(InputError, match="values"):
        new_rows(trained, values)


def test_progress_can_end_it(trained):
    class Enough(Exception):
        pass

    def report(share, words):
        raise Enough

    with pytest.raises(Enough):
        own_rows(trained, report=report)
