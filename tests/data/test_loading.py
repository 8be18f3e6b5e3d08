"""Loading: splits, noise, targets, and that each knob changes no more than it must."""

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autoencode_core.data.catalogue import CATALOGUE, GIVEN
from autoencode_core.data.catalogue import test_rows as held_out_rows
from autoencode_core.data.images import digits
from autoencode_core.data.loading import DataSet, given, load, probe_indices
from autoencode_core.data.reading import Reading
from autoencode_core.data.table import read_table
from autoencode_core.errors import InputError

MADE = [name for name, card in CATALOGUE.items() if card.sampler]
DIGITS = 1797 - held_out_rows(1797)


@pytest.fixture
def csv(tmp_path: Path) -> str:
    path = tmp_path / "mine.csv"
    rows = "".join(f"{i % 7},{i},{'uvw'[i % 3]}\n" for i in range(40))
    path.write_text("a,b,label\n" + rows, encoding="utf-8")
    return str(path)


@pytest.fixture
def unlabelled(tmp_path: Path) -> str:
    path = tmp_path / "plain.csv"
    path.write_text("a,b\n" + "".join(f"{10.0 ** (i % 4)},{i}\n" for i in range(10)), encoding="utf-8")
    return str(path)


def loaded(dataset: str, particles: int = 20, noise: float = 0.0, seed: int = 0, task: str = "") -> DataSet:
    return load(dataset, particles, noise, seed, task or "reconstruct")


def identical(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(astuple(a), astuple(b), strict=True))


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize(("particles", "tested"), [(1, 1), (20, 5), (21, 6)])
def test_made_sets_add_a_quarter_for_testing(name: str, particles: int, tested: int) -> None:
    data = loaded(name, particles)
    width = data.train.shape[1]
    assert data.train.shape == data.train_targets.shape == (particles, width)
    assert data.test.shape == data.test_targets.shape == (tested, width)
    assert data.train_hue.shape == (particles,)
    assert data.test_hue.shape == (tested,)
    assert data.columns == tuple(f"x{j + 1}" for j in range(width))
    if data.label_names:
        assert data.train_labels is not None
        assert data.test_labels is not None
        assert data.train_labels.shape == (particles,)
        assert data.test_labels.shape == (tested,)
    else:
        assert data.train_labels is None
        assert data.test_labels is None


@pytest.mark.parametrize("name", [*MADE, "digits"])
def test_the_seed_decides(name: str) -> None:
    assert identical(loaded(name, noise=0.1), loaded(name, noise=0.1))
    other = loaded(name, noise=0.1, seed=1)
    assert not np.array_equal(loaded(name, noise=0.1).train, other.train)
    assert not np.array_equal(loaded(name, noise=0.1).test, other.test)


@pytest.mark.parametrize("name", [*MADE, "digits"])
def test_more_particles_extend_the_training_set(name: str) -> None:
    few, more = loaded(name, 20, noise=0.2), loaded(name, 60, noise=0.2)
    assert np.array_equal(few.train, more.train[:20])
    assert np.array_equal(few.train_hue, more.train_hue[:20])
    assert np.array_equal(few.test, more.test[: len(few.test)])


@pytest.mark.parametrize("name", ["s_curve", "bimodal", "digits"])
def test_noise_moves_particles_without_redrawing_them(name: str) -> None:
    clean, little, much = (loaded(name, 200, noise=s) for s in (0.0, 0.1, 0.3))
    for part in ("train", "test"):
        base, one, three = (getattr(data, part) for data in (clean, little, much))
        assert three - base == pytest.approx(3 * (one - base), abs=1e-12)
        assert (one - base).std() == pytest.approx(0.1, rel=0.2)
    assert not np.allclose((little.train - clean.train)[:50], (little.test - clean.test)[:50])
    assert np.array_equal(clean.train_hue, much.train_hue)


def test_train_and_test_of_made_sets_are_different_draws() -> None:
    data = loaded("s_curve", 100)
    assert not np.isin(data.test[:, 0], data.train[:, 0]).any()


def test_targets_follow_the_task() -> None:
    clean = loaded("bimodal_2d")
    for task in ("reconstruct", "classify"):
        data = loaded("bimodal_2d", noise=0.1, task=task)
        assert np.array_equal(data.train_targets, data.train)
        assert np.array_equal(data.test_targets, data.test)
    denoise = loaded("bimodal_2d", noise=0.1, task="denoise")
    assert np.array_equal(denoise.train_targets, clean.train)
    assert np.array_equal(denoise.test_targets, clean.test)
    assert not np.array_equal(denoise.train, clean.train)
    transport = loaded("bimodal_2d", noise=0.1, task="transport")
    assert set(map(tuple, transport.train_targets)) == {(-2, 0), (2, 0)}
    assert (np.sign(transport.train[:, 0]) == np.sign(transport.train_targets[:, 0])).all()


def test_digits_are_split_by_the_seed_alone() -> None:
    few, all_of_them = loaded("digits", 10), loaded("digits", DIGITS)
    assert np.array_equal(few.test, all_of_them.test)
    assert len(few.test) == held_out_rows(1797)
    whole = sorted(map(bytes, digits().points()))
    shown = sorted(map(bytes, np.concatenate([all_of_them.train, all_of_them.test])))
    assert shown == whole


def test_digits_labels_belong_to_their_images() -> None:
    data, whole = loaded("digits", 50), digits()
    known = {row.tobytes(): label for row, label in zip(whole.points(), whole.labels, strict=True)}
    assert data.train_labels is not None
    assert [known[row.tobytes()] for row in data.train] == data.train_labels.tolist()
    assert np.array_equal(data.train_hue, data.train_labels / 9)
    assert data.label_names == tuple("0123456789")


def test_csv_rows_keep_their_labels(csv: str) -> None:
    data = loaded(csv, 32)
    assert (len(data.train), len(data.test)) == (32, 8)
    assert data.columns == ("a", "b")
    assert data.label_names == ("u", "v", "w")
    for x, labels in ((data.train, data.train_labels), (data.test, data.test_labels)):
        assert labels is not None
        assert np.array_equal(x[:, 1] % 3, labels)
        assert np.array_equal(x[:, 1] % 7, x[:, 0])
    assert data.train_labels is not None
    assert np.array_equal(data.train_hue, data.train_labels / 2)
    assert sorted([*data.train[:, 1], *data.test[:, 1]]) == list(range(40))


def test_unlabelled_csv_is_coloured_by_the_rank_of_its_first_column(unlabelled: str) -> None:
    data = loaded(unlabelled, 8)
    assert data.train_labels is None
    assert data.label_names == ()
    assert data.train_hue == pytest.approx(np.log10(data.train[:, 0]) / 3)
    assert data.test_hue == pytest.approx(np.log10(data.test[:, 0]) / 3)


def test_two_rows_are_one_to_train_and_one_to_test(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("a,b\n5,5\n5,5\n", encoding="utf-8")
    data = load(str(path), 1, 0.0, 0, "reconstruct", reading=Reading(drop=("none",)))
    assert data.train.tolist() == data.test.tolist() == [[5, 5]]
    assert data.train_hue.tolist() == [0]


@pytest.mark.parametrize(
    ("dataset", "particles", "noise", "task", "field", "allowed"),
    [
        ("digits", DIGITS + 1, 0.0, "reconstruct", "particles", f"from 1 to {DIGITS}"),
        ("digits", 0, 0.0, "reconstruct", "particles", f"from 1 to {DIGITS}"),
        ("circle", 0, 0.0, "reconstruct", "particles", "from 1"),
        ("circle", 10, -0.1, "reconstruct", "noise", "from 0"),
        ("circle", 10, float("nan"), "denoise", "noise", "from 0"),
        ("circle", 10, 0.0, "classify", "task", "no labels"),
        ("moons", 10, 0.0, "transport", "task", "no targets"),
        ("torsu", 10, 0.0, "reconstruct", "dataset", "torus"),
        ("absent.csv", 10, 0.0, "reconstruct", "file", "exists"),
    ],
)
def test_bad_input_is_named(
    dataset: str, particles: int, noise: float, task: str, field: str, allowed: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(dataset, particles, noise, 0, task)
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_csv_particles_are_limited_by_its_rows(csv: str) -> None:
    with pytest.raises(InputError, match="particles = 33: allowed is a whole number from 1 to 32"):
        loaded(csv, 33)


@pytest.mark.parametrize(
    ("n_train", "width", "expected"),
    [(10_000, 2, 500), (120, 3, 120), (2000, 784, 41), (2000, 64, 500), (2000, 4096, 16), (5, 4096, 5)],
)
def test_probe_batch_is_the_first_particles(n_train: int, width: int, expected: int) -> None:
    assert probe_indices(n_train, width).tolist() == list(range(expected))


def test_probe_limit() -> None:
    assert len(probe_indices(1000, 2, limit=30)) == 30


def test_importing_and_making_data_stays_light(csv: str) -> None:
    script = f"""
import sys
from autoencode_core.data import catalogue, coordinates, loading, table
for name in [name for name, known in catalogue.CATALOGUE.items() if known.sampler]:
    coordinates.Coordinates.fit("principal", loading.load(name, 10, 0.1, 0, "denoise").train)
print([m for m in ("torch", "sklearn", "scipy", "pandas", "streamlit") if m in sys.modules])
loading.load({csv!r}, 10, 0.1, 0, "denoise")
print([m for m in ("torch", "sklearn", "scipy", "streamlit") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


# ---- tables as they are read


@pytest.fixture
def gappy(tmp_path: Path) -> str:
    rng = np.random.default_rng(0)
    rows = [[f"{x:.3f}" for x in row] for row in rng.normal(size=(50, 3))]
    for i in range(0, 50, 4):
        rows[i][i // 4 % 3] = "NA"
    path = tmp_path / "gappy.csv"
    path.write_text("a,b,c\n" + "\n".join(map(",".join, rows)), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(("missing", "middle"), [("mean", np.nanmean), ("median", np.nanmedian)])
def test_missing_values_are_filled_with_what_the_training_rows_say(
    gappy: str, missing: str, middle: Any
) -> None:
    reading = Reading(missing=missing)  # type: ignore[arg-type]
    rows = read_table(gappy, reading).values
    data = load(gappy, 40, 0.0, 3, "reconstruct", reading=reading)
    known = {tuple(row): row for row in np.nan_to_num(rows, nan=9e9)}
    assert len(known) == 50
    train = np.array([min(rows, key=lambda row: np.nansum((row - found) ** 2)) for found in data.train])
    expected = middle(train, axis=0)
    for found, whole in ((data.train, train), (data.test, None)):
        assert np.isfinite(found).all()
        if whole is not None:
            assert np.allclose(found, np.where(np.isnan(whole), expected, whole))
    filled_in = [x for row in data.test for x in row if np.isclose(row[None], expected[:, None]).any()]
    assert filled_in  # a test row was filled from the training rows


def test_rows_with_missing_values_are_left_out_by_default(gappy: str) -> None:
    assert load(gappy, 29, 0.0, 0, "reconstruct").train.shape == (29, 3)
    with pytest.raises(InputError, match="particles"):
        load(gappy, 30, 0.0, 0, "reconstruct")


def test_a_column_without_a_value_in_the_training_rows_is_named(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a,b,c\n1,2,\n2,3,\n3,5,\n4,4,\n5,9,7\n", encoding="utf-8")
    reading = Reading(missing="mean", drop=("none",))
    with pytest.raises(InputError, match="column 'c'"):
        for seed in range(20):  # the row with the value is drawn for testing in one of them
            load(str(path), 4, 0.0, seed, "reconstruct", reading=reading)


def test_a_column_colours(tmp_path: Path) -> None:
    path = tmp_path / "hue.csv"
    rows = "".join(f"{i % 7},{i * i},{i if i else ''},{'uv'[i % 2]}\n" for i in range(20))
    path.write_text("a,b,c,kind\n" + rows, encoding="utf-8")
    reading = Reading(colour="c", drop=("c",))
    data = load(str(path), 16, 0.0, 0, "reconstruct", reading=reading)
    order = np.argsort(data.train[:, 1])
    assert data.columns == ("a", "b") and data.label_names == ("u", "v")
    assert (np.diff(data.train_hue[order][1:]) > 0).all()
    assert data.train_hue.min() >= 0 and data.train_hue.max() <= 1


# ---- particles that a caller gives


def test_given_particles_reconstruct_themselves():
    points = np.array([[3.0, 0.0], [1.0, 5.0], [2.0, 1.0]], dtype=np.float32)
    found = given(points, points[:1], ["a", "b"])
    assert found.train.dtype == found.test.dtype == np.float64
    np.testing.assert_array_equal(found.train, points)
    assert found.train_targets is found.train and found.test_targets is found.test
    np.testing.assert_allclose(found.train_hue, [1, 0, 0.5])
    assert found.columns == ("a", "b") and found.train_labels is None
    alone = given(points)
    assert alone.test is alone.train and alone.columns == ("x1", "x2")


def test_given_particles_belong_to_no_name():
    with pytest.raises(InputError, match="given as arrays are not kept"):
        loaded(GIVEN)
    assert GIVEN not in CATALOGUE
