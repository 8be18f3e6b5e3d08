"""Images: digits as scikit-learn has them; MNIST from a cache laid out as OpenML's, or a clear refusal."""

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
from sklearn.datasets import _openml, load_digits

from autoencode_core.data import images
from autoencode_core.data.catalogue import CATALOGUE
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
    monkeypatch.setattr(_openml, "urlopen", offline)
    images._mnist.cache_clear()
    yield tmp_path
    images._mnist.cache_clear()


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
