"""Lists of many runs: kept in an index that may be damaged, foreign, old, locked, or not there at all."""

import os
import shutil
import sqlite3
from dataclasses import replace

import pytest

from autoencode_core.errors import InputError
from autoencode_core.store import index as index_module
from autoencode_core.store import listing, run_store
from autoencode_core.store.run_store import RunStore

KEPT = f"{index_module.FOLDER}/lines.sqlite"


@pytest.fixture(autouse=True)
def of_a_few(monkeypatch):
    """An index even of a few runs."""
    monkeypatch.setattr(index_module, "FEWEST", 2)


@pytest.fixture
def read(monkeypatch):
    """Folders of runs that were read, one by one."""
    found = []

    def counted(path, *args):
        found.append(path.name)
        return summary(path, *args)

    summary = run_store.read_summary
    monkeypatch.setattr(run_store, "read_summary", counted)
    return found


@pytest.fixture
def store(tmp_path, make_record):
    store = RunStore(tmp_path / "runs")
    for name in ("one", "two", "three"):
        store.save(make_record(name=name, created=""))
    return store


def seen(store):
    """What a new process would list."""
    fresh = RunStore(store.root)
    return [(e.run_id, e.name, e.status, e.spec, e.figures, e.summary) for e in fresh.list()]


def test_a_process_reads_only_what_no_other_has(store, read, make_record):
    first = seen(store)
    assert len(read) == 3 and [name for _, name, *_ in first] != []
    assert seen(store) == first and len(read) == 3
    new = store.save(make_record())
    assert len(seen(store)) == 4 and read[3:] == [new]
    store.rename(new, "other")
    assert (new, "other") in [(run_id, name) for run_id, name, *_ in seen(store)]
    store.delete(new)
    assert sorted(seen(store)) == sorted(first) and read[3:] == [new, new]
    with sqlite3.connect(store.root / KEPT) as base:
        assert {row[0] for row in base.execute("SELECT id FROM lines")} == {run_id for run_id, *_ in first}


@pytest.mark.parametrize("damage", ["bytes", "cut", "foreign", "version", "types", "gone"])
def test_a_damaged_index_is_begun_anew_in_silence(store, read, damage):
    wanted = seen(store)
    path = store.root / KEPT
    if damage == "bytes":
        path.write_bytes(b"no database at all" * 1000)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "gone":
        shutil.rmtree(path.parent)
    else:
        with sqlite3.connect(path) as base:
            if damage == "foreign":
                base.execute("DROP TABLE lines")
                base.execute("CREATE TABLE lines (what TEXT)")
            elif damage == "version":
                base.execute("PRAGMA user_version = 1")
            else:
                base.execute("UPDATE lines SET figures = 7.5, spec = x'00', changed = 'soon'")
    assert seen(store) == wanted and len(read) == 6
    assert seen(store) == wanted and len(read) == 6


def test_what_the_index_says_of_another_file_is_not_believed(store, read):
    wanted = seen(store)
    with sqlite3.connect(store.root / KEPT) as base:
        base.execute("UPDATE lines SET name = 'wrong', size = size + 1")
    assert seen(store) == wanted and len(read) == 6


def test_a_locked_index_and_one_that_cannot_be_written_are_done_without(store, read, monkeypatch):
    wanted = seen(store)
    monkeypatch.setattr(index_module, "WAIT_SECONDS", 0.01)
    with sqlite3.connect(store.root / KEPT) as base:
        base.execute("BEGIN EXCLUSIVE")
        assert seen(store) == wanted
    monkeypatch.setattr("sqlite3.connect", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "Read-only")))
    assert seen(store) == wanted and len(read) == 9


def test_few_runs_need_no_index(store, monkeypatch):
    monkeypatch.setattr(index_module, "FEWEST", 4)
    assert len(seen(store)) == 3 and not (store.root / index_module.FOLDER).exists()


def test_only_the_newest_and_no_long_lines_are_kept(store, make_record, monkeypatch):
    store.save(make_record(message="x" * 9000))
    monkeypatch.setattr(index_module, "MOST_TEXT", 8000)
    monkeypatch.setattr(index_module, "MOST", 3)
    names = [run_id for run_id, *_ in seen(store)]
    with sqlite3.connect(store.root / KEPT) as base:
        kept = {row[0] for row in base.execute("SELECT id FROM lines")}
    assert len(names) == 4 and kept < set(names) and len(kept) <= 3


def test_what_vanishes_is_listed_no_more_and_nothing_half(store):
    assert len(store.list()) == 3
    (store.root / ".tmp-half").mkdir()
    gone = store.list()[0].run_id
    shutil.rmtree(store.root / gone)
    assert [entry.run_id for entry in store.list()] == [e.run_id for e in RunStore(store.root).list()]
    assert gone not in [entry.run_id for entry in store.list()]
    with pytest.raises(InputError, match=gone):
        store.entry(gone)
    shutil.rmtree(store.root)
    assert store.list() == store.studies() == [] and not store.root.exists()


def test_another_server_s_changes_are_seen(store, make_record):
    here, there = RunStore(store.root), RunStore(store.root)
    assert len(here.list()) == len(there.list()) == 3
    new = there.save(make_record())
    assert new in [entry.run_id for entry in here.list()]
    there.rename(new, "renamed there")
    assert "renamed there" in [entry.name for entry in here.list()]
    there.delete(new)
    assert new not in [entry.run_id for entry in here.list()]


def test_a_file_changed_by_hand_is_seen_after_a_while(store, monkeypatch):
    run_id = store.list()[0].run_id
    old = os.stat(store.root).st_mtime - 10
    os.utime(store.root, (old, old))
    assert [entry.status for entry in store.list()] == ["finished"] * 3
    (store.root / run_id / "run.json").write_text("{")
    assert [entry.status for entry in store.list()] == ["finished"] * 3
    monkeypatch.setattr(listing, "LOOK_AGAIN_SECONDS", 0)
    assert sorted(entry.status for entry in store.list()) == ["damaged", "finished", "finished"]


def test_search_finds_names_data_sets_and_ids(store, make_record):
    run_id = store.save(replace(make_record(name="Große Kurve"), created=""))
    assert [e.run_id for e in store.search("kurve GROSSE")] == [run_id]
    assert run_id in [e.run_id for e in store.search(f"{run_id[-4:]} s-curve")]
    assert len(store.search("")) == 4 and len(store.search("", 2)) == 2
    assert store.search("", 1)[0].run_id == store.list()[0].run_id
    assert store.search("no such thing") == []
