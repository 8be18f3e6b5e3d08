"""Data files that travel by their content, without Dask."""

import gzip
from types import SimpleNamespace

import distributed
import numpy as np
import pytest

from autoencode_core.data.loading import load
from autoencode_core.data.table import read_table
from autoencode_core.errors import InputError
from autoencode_core.workers import files as files_module
from autoencode_core.workers.files import FilesLacking, at_hand, files_of, with_contents


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """The folder of the Dask worker that this process pretends to be."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    made = SimpleNamespace(local_directory=str(folder), address="tcp://w:1")
    monkeypatch.setattr(distributed, "get_worker", lambda: made)
    return folder / "autoencode-files"


def table(path, shift=0):
    path.write_text("a,b\n" + "".join(f"{i + shift},{i * i}\n" for i in range(20)))
    return str(path)


def idx(path, axes, numbers):
    sizes = b"".join(int(n).to_bytes(4, "big") for n in axes)
    path.write_bytes(gzip.compress(bytes((0, 0, 8, len(axes))) + sizes + bytes(int(n) for n in numbers)))
    return str(path)


def test_files_are_found_among_what_is_named(tmp_path):
    path = table(tmp_path / "mine.csv")
    named = ["s_curve", path, path, 3, None, str(tmp_path / "gone.csv"), "text", np.zeros(2)]
    (found,) = files_of(named)
    assert found.path == path and found.names == ("mine.csv",) and found.contents == ()
    (tmp_path / "folder.csv").mkdir()
    assert files_of([str(tmp_path / "folder.csv"), "\0.csv"]) == ()


def test_what_is_too_large_does_not_travel(tmp_path, monkeypatch):
    path = table(tmp_path / "mine.csv")
    monkeypatch.setattr(files_module, "MAX_BYTES", 10)
    assert files_of([path]) == ()


def test_a_digest_tells_contents_apart_and_nothing_else(tmp_path):
    (tmp_path / "other").mkdir()
    one, same = table(tmp_path / "a.csv"), table(tmp_path / "other" / "a.csv")
    first, second = files_of([one, same])
    assert first.digest == second.digest
    table(tmp_path / "a.csv", shift=1)
    assert files_of([one])[0].digest != first.digest


def test_a_table_is_read_from_its_copy_where_the_file_is_not(tmp_path, worker):
    path = table(tmp_path / "mine.csv")
    named = files_of([path])
    with pytest.raises(FilesLacking) as raised, at_hand(named):
        pass
    assert raised.value.worker == "tcp://w:1"
    wanted, whole = read_table(path), with_contents(named)
    (tmp_path / "mine.csv").unlink()
    with at_hand(whole):
        there = read_table(path)
    with at_hand(named):  # kept since
        again = read_table(path)
    assert np.array_equal(there.values, wanted.values) and again.name == "mine"
    assert (worker.stat().st_mode & 0o077, sum(1 for _ in worker.rglob("*.csv"))) == (0, 1)
    with pytest.raises(InputError, match="a table file that exists"):
        read_table(path)


def test_images_travel_with_their_labels(tmp_path, worker):
    pixels = np.arange(20 * 4) % 256
    path = idx(tmp_path / "my-images-idx3-ubyte.gz", (20, 2, 2), pixels)
    idx(tmp_path / "my-labels-idx1-ubyte.gz", (20,), [i % 2 for i in range(20)])
    whole = with_contents(files_of([path]))
    wanted = load(path, 10, 0.0, 0, "classify")
    for part in tmp_path.glob("my-*"):
        part.unlink()
    with at_hand(whole):
        found = load(path, 10, 0.0, 0, "classify")
    assert np.array_equal(found.train, wanted.train) and found.label_names == wanted.label_names == ("0", "1")


def test_a_worker_keeps_the_last_ones(tmp_path, worker, monkeypatch):
    monkeypatch.setattr(files_module, "KEPT_FILES", 2)
    sent = with_contents(files_of([table(tmp_path / f"{i}.csv", shift=i) for i in range(4)]))
    for file in sent:
        with at_hand([file]):
            pass
    assert {part.name for part in worker.rglob("*.csv")} == {"2.csv", "3.csv"}
    monkeypatch.setattr(files_module, "KEPT_BYTES", 1)
    with at_hand(sent[:1]):
        assert read_table(sent[0].path).values[0, 0] == 0
    assert {part.name for part in worker.rglob("*.csv")} == {"0.csv"}


def test_names_lead_nowhere_else(tmp_path, worker):
    (sent,) = with_contents(files_of([table(tmp_path / "a.csv")]))
    from dataclasses import replace

    with at_hand([replace(sent, names=("../../out.csv",))]):
        pass
    assert not list(tmp_path.glob("**/scratch/out.csv")) and len(list(worker.rglob("out.csv"))) == 1
