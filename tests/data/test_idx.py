"""IDX files: what is read is what was written; what is hostile is refused before it can do harm."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from idx_files import MNIST, idx, images, lay_out

from autoencode_core.data import idx as reader
from autoencode_core.data.idx import (
    class_names_beside,
    is_images_file,
    labels_beside,
    read_images,
    read_labels,
    read_pair,
    shape_of,
)
from autoencode_core.errors import InputError


@pytest.mark.parametrize("zipped", [False, True])
def test_what_was_written_is_read(tmp_path: Path, zipped: bool) -> None:
    pictures, labels = images(), np.arange(12) % 3
    lay_out(tmp_path, "train", pictures, labels, zipped)
    path = next(tmp_path.glob("*idx3*"))
    assert np.array_equal(read_images(path), pictures) and shape_of(path) == (12, 4, 3)
    read, beside = read_pair(path)
    assert np.array_equal(read, pictures) and beside is not None and np.array_equal(beside, labels)
    assert class_names_beside(path) == ("0", "1", "2")


def test_gzip_is_known_by_its_content_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.idx3-ubyte.gz").write_bytes(idx(images()))
    (tmp_path / "b.idx3-ubyte").write_bytes(gzip.compress(idx(images())))
    for path in tmp_path.iterdir():
        assert np.array_equal(read_images(path), images())


def test_images_without_labels(tmp_path: Path) -> None:
    path = tmp_path / "mine.idx3-ubyte"
    path.write_bytes(idx(images()))
    assert labels_beside(path) is None and read_pair(path)[1] is None and class_names_beside(path) == ()


def test_names() -> None:
    assert is_images_file("a/train-images-idx3-ubyte.gz") and is_images_file("T10K.IDX3-UBYTE")
    assert not is_images_file("train-labels-idx1-ubyte.gz") and not is_images_file("digits.csv")


WHOLE = idx(images())
HOSTILE = {
    "empty": (b"", "begins with –"),
    "text": (b"1,2,3\n4,5,6\n", "begins with"),
    "labels in the place of images": (idx(np.arange(9)), "begins with 00000801"),
    "numbers that are no bytes": (idx(images(), kind=0x0D), "begins with 00000d03"),
    "ends in the head": (WHOLE[:9], "ends within its head"),
    "one number short": (WHOLE[:-1], "promises; not 143"),
    "one number more": (WHOLE + b"\0", "promises; not more"),
    "promises 2^96 numbers": (idx(images(), (2**32 - 1,) * 3), "at most 200,000,000 numbers"),
    "promises 200 MB": (idx(images(), (10**6, 28, 28)), "at most 200,000,000 numbers"),
    "no image": (idx(images(0)), "this one has 0 of"),
    "one image": (idx(images(1)), "this one has 1 of"),
    "images of one pixel": (idx(images(5, 1, 1)), "2 to 4096 pixels"),
    "images without pixels": (idx(images(5, 0, 3)), "2 to 4096 pixels"),
    "images of 65 x 65": (idx(images(2, 65, 65)), "2 to 4096 pixels"),
    "a cut gzip": (gzip.compress(WHOLE)[:-12], "this one is damaged"),
    "a spoilt gzip": (gzip.compress(WHOLE)[:20] + b"\xff\xff\xff\xff", "this one is damaged"),
    "only the mark of gzip": (b"\x1f\x8b", "this one is damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused(tmp_path: Path, name: str) -> None:
    data, said = HOSTILE[name]
    path = tmp_path / "x.idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.idx3-ubyte") as caught:
        read_images(path)
    assert said in str(caught.value)


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A hundred megabytes of zeros behind a head of 144: one byte too many is enough to know."""
    path = tmp_path / "bomb.idx3-ubyte.gz"
    path.write_bytes(gzip.compress(WHOLE + bytes(100_000_000), 1))
    tracemalloc.start()
    with pytest.raises(InputError, match="not more"):
        read_images(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_promise_is_not_allocated(tmp_path: Path) -> None:
    path = tmp_path / "promise.idx3-ubyte"
    path.write_bytes(idx(images(), (190_000_000 // 784, 28, 28)))
    tracemalloc.start()
    with pytest.raises(InputError, match="promises; not 144"):
        read_images(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_file_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_BYTES", 100)
    path = tmp_path / "x.idx3-ubyte"
    path.write_bytes(WHOLE)
    with pytest.raises(InputError, match="a file of at most"):
        read_images(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.idx3-ubyte", tmp_path, "a\0b"):
        with pytest.raises(InputError, match="IDX file"):
            shape_of(path)


def test_labels_must_be_as_many(tmp_path: Path) -> None:
    lay_out(tmp_path, "train", images(), np.arange(11))
    path = tmp_path / "train-images-idx3-ubyte.gz"
    with pytest.raises(InputError, match="12 labels, one for each image; not 11"):
        read_pair(path)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(b"spoilt")
    assert class_names_beside(path) == ()  # a card may be drawn; reading says what is wrong
    with pytest.raises(InputError, match="labels"):
        read_labels(tmp_path / "train-labels-idx1-ubyte.gz")


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real MNIST is not in ../shared/mnist")
def test_the_real_files() -> None:
    read, labels = read_pair(MNIST / "t10k-images-idx3-ubyte.gz")
    assert read.shape == (10_000, 28, 28) and labels is not None
    assert labels[:5].tolist() == [7, 2, 1, 0, 4] and np.bincount(labels)[1] == 1135
    assert read[0].sum() == 18_454
