"""Images: digits; MNIST and Fashion-MNIST from a folder or OpenML's cache; a file of one's own."""

import gzip
import hashlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from idx_files import MNIST, idx
from idx_files import images as pictures
from idx_files import lay_out as write
from sklearn.datasets import _openml, load_digits

import autoencode_core as ac
from autoencode_core.data import images
from autoencode_core.data.catalogue import CATALOGUE, card, image_shape
from autoencode_core.data.loading import load
from autoencode_core.errors import InputError


def test_digits_are_scikit_learns() -> None:
    points, labels = load_digits(return_X_y=True)
    ours = images.digits()
    assert np.array_equal(ours.points(), points / 16)
    assert np.array_equal(ours.labels, labels)
    assert ours.points().shape == (CATALOGUE["digits"].rows, CATALOGUE["digits"].width)
    assert ours.points().max() == 1


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data home of scikit-learn, and no network."""

    def offline(*args: Any, **options: Any) -> Any:
        assert socket.getdefaulttimeout() == images.TIMEOUT
        raise URLError("no route to host")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.delenv(images.FOLDER, raising=False)
    monkeypatch.setattr(_openml, "urlopen", offline)
    images._openml.cache_clear()
    yield tmp_path
    images._openml.cache_clear()


def test_mnist_offline_says_so_quickly(data_home: Path) -> None:
    start = time.monotonic()
    with pytest.raises(InputError, match="needs the network once") as caught:
        images.mnist()
    assert (caught.value.field, caught.value.value) == ("dataset", "mnist")
    assert "URLError" in caught.value.allowed or "OSError" in caught.value.allowed
    assert time.monotonic() - start < 5
    assert socket.getdefaulttimeout() is None


def test_mnist_is_read_from_scikit_learns_cache(data_home: Path) -> None:
    rng = np.random.default_rng(0)
    grey, labels = rng.integers(0, 256, (20, 784)), np.arange(20) % 10
    lay_out(data_home, grey, labels)
    ours = images.mnist()
    assert np.array_equal(ours.points(), grey / 255)
    assert np.array_equal(ours.points(np.array([3, 1])), grey[[3, 1]] / 255)
    assert ours.labels.tolist() == labels.tolist()


def test_spoilt_cache_offline_is_a_refusal(data_home: Path) -> None:
    lay_out(data_home, np.full((20, 784), 7), np.arange(20) % 10, checksum="0" * 32)
    with pytest.raises(InputError, match="needs the network once"):
        images.mnist()


# ---- a folder of IDX files


WHOLE = {"train": 60_000, "t10k": 10_000}


@pytest.fixture(scope="module")
def zeros() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The two parts of a set as large as MNIST, black but for one pixel that tells them apart."""
    parts = {}
    for name, count in WHOLE.items():
        grey = np.zeros((count, 28, 28), np.uint8)
        grey[:, 0, 0] = 1 + (name == "t10k")
        parts[name] = grey, np.arange(count) % 10
    return parts


@pytest.mark.parametrize(
    ("where", "dataset"), [("", "mnist"), ("mnist", "mnist"), ("fashion_mnist", "fashion_mnist")]
)
def test_a_set_is_read_from_the_named_folder(
    data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zeros: Any, where: str, dataset: str
) -> None:
    for name, (grey, labels) in zeros.items():
        write(tmp_path / where, name, grey, labels)
    monkeypatch.setenv(images.FOLDER, str(tmp_path))
    read = CATALOGUE[dataset].images
    assert read is not None
    found = read()
    assert found.grey.shape == (70_000, 784) and found.grey[:, 0].tolist() == [1] * 60_000 + [2] * 10_000
    assert found.names == (images.FASHION_NAMES if "fashion" in dataset else images.DIGIT_NAMES)
    other = "mnist" if dataset == "fashion_mnist" else "fashion_mnist"
    assert images.folder_of(other) is None  # one set is not taken for the other


def test_a_folder_that_is_not_whole_says_what_is_missing(
    data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(images.FOLDER, str(tmp_path))
    write(tmp_path, "train", pictures(20, 28, 28), np.arange(20) % 10)
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte\.gz"):
        images.mnist()
    write(tmp_path, "t10k", pictures(5, 28, 28), np.arange(5))
    with pytest.raises(InputError, match=r"70,000 images of 28 × 28.*there are 25"):
        images.mnist()
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    images._from_folder.cache_clear()
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte\.gz"):
        images.mnist()


def test_an_empty_folder_is_as_none(data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(images.FOLDER, str(tmp_path / "nothing"))
    with pytest.raises(InputError, match=f"four IDX files into a folder and name that in {images.FOLDER}"):
        images.fashion_mnist()


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real MNIST is not in ../shared/mnist")
def test_the_real_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(images.FOLDER, str(MNIST))
    found = images.mnist()
    assert found.grey.shape == (70_000, 784) and found.labels is not None
    assert found.labels[:4].tolist() == [5, 0, 4, 1] and found.labels[60_000:60_004].tolist() == [7, 2, 1, 0]


# ---- a file of one's own


def test_a_file_of_images_is_a_data_set(tmp_path: Path) -> None:
    write(tmp_path, "mine", pictures(30), 5 + 2 * (np.arange(30) % 3))
    path = str(tmp_path / "mine-images-idx3-ubyte.gz")
    known = card(path)
    assert (known.width, known.image, known.rows, known.labels) == (12, (4, 3), 30, ("5", "7", "9"))
    assert known.defaults["particles"] == known.most_particles == 24
    data = load(path, 24, 0.0, 0, "reconstruct")
    assert data.train.shape == (24, 12) and data.test.shape == (6, 12) and data.label_names == ("5", "7", "9")
    whole = pictures(30).reshape(30, 12) / 255
    rows = {row.tobytes() for row in np.concatenate([data.train, data.test])}
    assert rows == {row.tobytes() for row in whole}
    run = ac.train(ac.RunSpec(dataset=path, bottleneck=2, tikhonov=1e-3, iterations=3, depth=4))
    assert run.label_names == ("5", "7", "9")


def test_images_without_labels_are_coloured_by_their_light(tmp_path: Path) -> None:
    path = tmp_path / "mine.idx3-ubyte"
    path.write_bytes(idx(pictures(30)))
    data = load(str(path), 24, 0.0, 0, "reconstruct")
    assert data.train_labels is None and data.label_names == ()
    light = np.concatenate([data.train, data.test]).mean(axis=1)
    hue = np.concatenate([data.train_hue, data.test_hue])
    np.testing.assert_allclose(hue, (light - light.min()) / np.ptp(light))
    with pytest.raises(InputError, match="no labels"):
        load(str(path), 24, 0.0, 0, "classify")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone-images-idx3-ubyte")
    with pytest.raises(InputError, match="IDX file"):
        card(gone)
    with pytest.raises(InputError, match="IDX file"):
        images.images_in(gone)
    assert image_shape(gone, 49) == (7, 7) and image_shape(gone, 50) is None
    assert image_shape("mnist", 784) == (28, 28) and image_shape("moons", 4) is None
    assert ac.RunSpec.as_stored({"dataset": gone, "bottleneck": 3}).dataset == gone


def lay_out(home: Path, grey: np.ndarray, labels: np.ndarray, checksum: str = "") -> None:
    """Write what fetch_openml would have cached."""
    names = [f"pixel{j + 1}" for j in range(784)]
    head = ["@RELATION mnist_784", *(f"@ATTRIBUTE {n} real" for n in names)]
    head += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    body = [",".join(map(str, [*row, label])) for row, label in zip(grey, labels, strict=True)]
    arff = ("\n".join(head + body) + "\n").encode()
    flags = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [
        {"index": str(j), "name": n, "data_type": "numeric", "is_target": "false", **flags}
        for j, n in enumerate(names)
    ]
    features.append({"index": "784", "name": "class", "data_type": "nominal", "is_target": "true", **flags})
    found = {"did": "554", "name": "mnist_784", "version": "1", "status": "active"}
    url = "https://api.openml.org/data/v1/download/52667/mnist_784.arff"
    described = {
        **found,
        "id": "554",
        "format": "ARFF",
        "default_target_attribute": "class",
        "file_id": "52667",
        "url": url,
        "description": "",
        "md5_checksum": checksum or hashlib.md5(arff).hexdigest(),
    }
    qualities = [{"name": "NumberOfInstances", "value": str(len(grey))}]
    answers: dict[str, Any] = {
        _openml._SEARCH_NAME.format("mnist_784") + "/data_version/1": {"data": {"dataset": [found]}},
        _openml._DATA_INFO.format(554): {"data_set_description": described},
        _openml._DATA_FEATURES.format(554): {"data_features": {"feature": features}},
        _openml._DATA_QUALITIES.format(554): {"data_qualities": {"quality": qualities}},
        url: arff,
    }
    for address, answer in answers.items():
        path = Path(_openml._get_local_path(_openml._openml_path_from_url(address), str(home / "openml")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(answer if isinstance(answer, bytes) else json.dumps(answer).encode()))
