"""The store: what is saved comes back, nothing else is touched, many may write at once."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RUN_ID, RunStore


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def with_gallery(tmp_path, make_record):
    (tmp_path / "gallery").mkdir()
    for stem in ("02_digits", "01_curve"):
        (tmp_path / "gallery" / f"{stem}.autoencode").write_bytes(pack(make_record(name=stem)))
    (tmp_path / "gallery" / "notes.txt").write_text("not a run")
    return RunStore(tmp_path / "runs", tmp_path / "gallery")


def test_saved_run_comes_back(store, make_record):
    record = make_record(labels=("a",), name="first")
    run_id = store.save(record)
    assert RUN_ID.fullmatch(run_id) and "-s_curve-k2-" in run_id
    back = store.record(run_id)
    assert back.spec == record.spec and back.history == record.history and back.name == "first"
    assert np.array_equal(back.weights["control"], record.weights["control"])
    [entry] = store.list()
    assert (entry.run_id, entry.name, entry.status, entry.spec) == (run_id, "first", "finished", record.spec)
    assert "0.3333" in entry.summary and not entry.read_only


def test_csv_run_is_named_by_its_stem(store, make_record):
    spec = RunSpec(dataset="s_curve").model_copy(update={"dataset": "/data/My Données (v2).csv"})
    assert "-my_donn_es_v2-k2-" in store.save(
        make_record().__class__(**{**vars(make_record()), "spec": spec})
    )


def test_time_of_making_is_filled_in_and_kept(store, make_record):
    run_id = store.save(make_record(created=""))
    age = datetime.now(UTC) - datetime.fromisoformat(store.record(run_id).created)
    assert 0 <= age.total_seconds() < 60
    assert store.record(store.save(make_record())).created == "2026-11-23T18:45:12+00:00"


def test_newest_first(store, make_record, monkeypatch):
    ids = []
    for hour in (3, 1, 2):
        clock = type(
            "Clock", (), {"now": staticmethod(lambda tz, h=hour: datetime(2026, 1, 1, h, tzinfo=UTC))}
        )
        monkeypatch.setattr("autoencode_core.store.folder.datetime", clock)
        ids.append(store.save(make_record()))
    assert [entry.run_id for entry in store.list()] == [ids[0], ids[2], ids[1]]


def test_rename_is_seen_at_once(store, make_record):
    run_id = store.save(make_record())
    assert store.list()[0].name == ""
    store.rename(run_id, "  Best so far λ=1e-3 ")
    assert store.list()[0].name == store.record(run_id).name == "Best so far λ=1e-3"
    for bad in ("", "   ", "x" * 81, "a\nb", "\x00"):
        with pytest.raises(InputError, match="80 printable"):
            store.rename(run_id, bad)
    assert store.record(run_id).name == "Best so far λ=1e-3"


def test_delete(store, make_record):
    keep, gone = store.save(make_record()), store.save(make_record())
    store.delete(gone)
    assert [entry.run_id for entry in store.list()] == [keep]
    assert [path.name for path in store.root.iterdir()] == [keep]
    for call in (store.record, store.delete, store.export):
        with pytest.raises(InputError, match=gone):
            call(gone)


def test_export_and_import(store, make_record):
    run_id = store.save(make_record(name="travels"))
    data = store.export(run_id)
    other = store.import_(data)
    assert other != run_id and store.export(other) == data
    with pytest.raises(InputError):
        store.import_(data[:-10])
    assert len(store.list()) == 2


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../runs",
        "/etc/passwd",
        "20261123-184512-s_curve-k2-3f9a",
        "x" * 999,
        "a\x00b",
        ".tmp-00",
        "20261123-184512-s_curve-k2-3f9a/../..",
        "20261123-184512-s_curve-k2-3f9a\n",
        "gallery-../x",
        "gallery-a",
    ],
)
def test_ids_that_are_none_touch_nothing(with_gallery, make_record, run_id):
    store = with_gallery
    kept = store.save(make_record())
    before = sorted(str(p) for p in store.root.parent.rglob("*"))
    for call in (store.record, store.delete, store.export, lambda i: store.rename(i, "new")):
        with pytest.raises(InputError, match="run"):
            call(run_id)
    assert sorted(str(p) for p in store.root.parent.rglob("*")) == before
    assert store.record(kept)


def test_damaged_runs_are_listed_as_such(store, make_record):
    good, torn, emptied, gone = (store.save(make_record()) for _ in range(4))
    (store.root / torn / "run.json").write_text("{")
    (store.root / emptied / "weights.safetensors").write_bytes(b"")
    (store.root / gone / "spec.json").unlink()
    entries = {entry.run_id: entry for entry in store.list()}
    assert entries[good].status == "finished" == entries[emptied].status  # its small files are whole
    assert entries[torn].status == entries[gone].status == "damaged"
    assert "run.json" in entries[torn].message and "spec.json" in entries[gone].message
    with pytest.raises(InputError, match="safetensors"):
        store.record(emptied)
    for damaged in (torn, emptied, gone):
        store.delete(damaged)
    assert [entry.run_id for entry in store.list()] == [good]


def test_strangers_in_the_folder_are_left_alone(store, make_record):
    store.save(make_record())
    (store.root / "my notes").mkdir()
    (store.root / ".tmp-fresh").mkdir()
    (store.root / ".tmp-old").mkdir()
    hours_ago = time.time() - 7200
    os.utime(store.root / ".tmp-old", (hours_ago, hours_ago))
    store.save(make_record())
    assert len(store.list()) == 2
    assert (store.root / "my notes").exists() and (store.root / ".tmp-fresh").exists()
    assert not (store.root / ".tmp-old").exists()


def test_gallery_comes_last_and_cannot_be_changed(with_gallery, make_record):
    store = with_gallery
    own = store.save(make_record())
    listed = store.list()
    assert [entry.run_id for entry in listed] == [own, "gallery-01_curve", "gallery-02_digits"]
    assert [entry.read_only for entry in listed] == [False, True, True]
    assert store.record("gallery-01_curve").name == "01_curve"
    assert store.import_(store.export("gallery-01_curve")) in [entry.run_id for entry in store.list()]
    for call in (store.delete, lambda i: store.rename(i, "mine")):
        with pytest.raises(InputError, match="read-only"):
            call("gallery-01_curve")


def test_damaged_gallery_file(with_gallery):
    (with_gallery.gallery.root / "03_bad.autoencode").write_bytes(b"PK")
    assert [entry.status for entry in with_gallery.list()] == ["finished", "finished", "damaged"]


def test_missing_folders_hold_nothing(tmp_path):
    assert RunStore(tmp_path / "no", tmp_path / "nothing").list() == []
    assert not (tmp_path / "no").exists()


def test_folder_that_cannot_be_written(tmp_path, make_record):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="runs folder"):
        RunStore(tmp_path / "file").save(make_record())
    with pytest.raises(InputError, match="runs folder"):
        RunStore(tmp_path / "file" / "below").save(make_record())


def test_same_random_end_is_tried_again(store, make_record, monkeypatch):
    ends = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr(
        "autoencode_core.store.folder.secrets.token_hex",
        lambda n: next(ends) if n == 2 else os.urandom(n).hex(),
    )
    clock = type("Clock", (), {"now": staticmethod(lambda tz: datetime(2026, 1, 1, tzinfo=UTC))})
    monkeypatch.setattr("autoencode_core.store.folder.datetime", clock)
    assert [store.save(make_record())[-4:] for _ in range(2)] == ["aaaa", "bbbb"]


def test_an_id_given_beforehand_is_that_of_the_run(store, make_record):
    record = make_record()
    run_id = store.new_id(record.spec)
    assert RUN_ID.fullmatch(run_id) and not store.has(run_id) and store.list() == []
    assert store.save(record, run_id) == run_id and store.has(run_id)
    assert store.save(replace(record, name="again"), run_id) == run_id  # no second run, nor another one
    assert [entry.name for entry in store.list()] == [""]
    other = make_record(RunSpec(dataset="circle"))
    elsewhere = store.save(other, run_id)
    assert elsewhere != run_id and store.record(elsewhere).spec == other.spec and len(store.list()) == 2
    for bad in ("../evil", "gallery-circle", run_id + "x"):
        assert not store.has(bad)
        with pytest.raises(InputError, match="an id as the store gives it"):
            store.save(record, bad)


def test_no_id_is_given_twice(store, make_record, monkeypatch):
    ends = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr("autoencode_core.store.folder.secrets.token_hex", lambda n: next(ends))
    clock = type("Clock", (), {"now": staticmethod(lambda tz: datetime(2026, 1, 1, tzinfo=UTC))})
    monkeypatch.setattr("autoencode_core.store.folder.datetime", clock)
    assert [store.new_id(make_record().spec)[-4:] for _ in range(2)] == ["aaaa", "bbbb"]


SAVER = """
import sys
from autoencode_core.store.run_file import unpack
from autoencode_core.store.run_store import RunStore
record, store = unpack(open(sys.argv[1], "rb").read()), RunStore(sys.argv[2])
for _ in range(15):
    print(store.save(record))
    store.list()
print("torch" in sys.modules or "sklearn" in sys.modules)
"""


def test_several_processes_save_at_once_without_torch(tmp_path, make_record):
    (tmp_path / "one.autoencode").write_bytes(pack(make_record()))
    command = [sys.executable, "-c", SAVER, str(tmp_path / "one.autoencode"), str(tmp_path / "runs")]
    savers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [saver.communicate(timeout=60)[0].split() for saver in savers]
    assert [saver.returncode for saver in savers] == [0, 0, 0]
    assert [output.pop() for output in outputs] == ["False"] * 3
    ids = [run_id for output in outputs for run_id in output]
    store = RunStore(tmp_path / "runs")
    assert len(set(ids)) == 45 and {entry.run_id for entry in store.list()} == set(ids)
    assert all(entry.status == "finished" for entry in store.list())
    assert len(list((tmp_path / "runs").iterdir())) == 45


def test_a_stamp_tells_when_a_run_was_renamed_or_is_gone(tmp_path, make_record):
    store = RunStore(tmp_path / "runs")
    run_id = store.save(make_record())
    first = store.stamp(run_id)
    assert store.stamp(run_id) == first
    store.rename(run_id, "Another")
    assert store.stamp(run_id) != first
    store.delete(run_id)
    for gone in (run_id, "gallery-none", "20260101-000000-circle-k1-abcd.3", "../etc"):
        with pytest.raises(InputError):
            store.stamp(gone)


# ---- what comes from elsewhere


@pytest.mark.parametrize(
    "path", ["/etc/secret.csv", "../secret.csv", "C:\\Users\\x\\secret.csv", "secret.csv"]
)
def test_an_imported_run_names_no_file_but_an_uploaded_one(store, make_record, path):
    spec = RunSpec(dataset="s_curve", iterations=5).model_copy(update={"dataset": path})
    run_id = store.import_(pack(replace(make_record(), spec=spec)))
    assert store.record(run_id).spec.dataset == str(store.root.absolute() / "data" / "secret.csv")
    own = store.save(replace(make_record(), spec=spec))  # one's own keeps what it was trained on
    assert store.record(own).spec.dataset == path


def test_the_error_of_a_table_that_is_another_tells_nothing_of_it(store, make_record, tmp_path):
    pytest.importorskip("torch")
    (store.root / "data").mkdir(parents=True)
    (store.root / "data" / "secret.csv").write_text("salary,name\n1,alice\n2,bob\n3,carol\n")
    spec = RunSpec(dataset="s_curve", iterations=5).model_copy(update={"dataset": "secret.csv"})
    run_id = store.import_(pack(replace(make_record(), spec=spec)))
    with pytest.raises(InputError) as told:
        _ = store.load(run_id).data
    assert (told.value.field, told.value.value) == ("dataset", "secret.csv")
    assert not [
        word for word in ("salary", "alice", "row", "column", str(tmp_path)) if word in str(told.value)
    ]


def test_a_limit_refuses_what_does_not_fit_and_deletes_nothing(store, make_record, monkeypatch):
    data = pack(make_record())
    kept = store.import_(data)
    used = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    assert RunStore(store.root).use.used() == used
    monkeypatch.setenv("AUTOENCODE_RUNS_MOST_GB", "0.00003")
    fresh = RunStore(store.root)
    fresh.check_writable(1000)
    for call in (lambda: fresh.check_writable(1_000_000), lambda: fresh.import_(data + bytes(100_000))):
        with pytest.raises(InputError, match=r"left of 0\.03 MB"):
            call()
    with pytest.raises(InputError, match="left of"):
        fresh.import_study(bytes(100_000))
    assert [entry.run_id for entry in fresh.list()] == [kept]
    assert fresh.save(make_record())  # what is trained already is kept
    for wrong in ("much", "-1", "nan"):
        monkeypatch.setenv("AUTOENCODE_RUNS_MOST_GB", wrong)
        with pytest.raises(InputError, match="a number of GB from 0"):
            fresh.check_writable()
