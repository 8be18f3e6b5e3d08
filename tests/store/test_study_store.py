"""Studies in the store: what is saved comes back, with its runs; nothing else is touched."""

import os
import threading
import time
from dataclasses import replace
from math import nan

import numpy as np
import pytest
from by_hand import plan_by_hand

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store import study_store as studies_module
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import GALLERY_ID, RUN_ID, RunStore
from autoencode_core.store.study_file import pack_study
from autoencode_core.store.study_store import MEMBER_ID, STUDY_ID, member_id


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def with_gallery(tmp_path, make_study, make_record):
    (tmp_path / "gallery").mkdir()
    study, records = make_study(name="shown")
    (tmp_path / "gallery" / "s_curve.study").write_bytes(pack_study(study, records))
    (tmp_path / "gallery" / "s_curve.autoencode").write_bytes(pack(make_record()))
    return RunStore(tmp_path / "runs", tmp_path / "gallery")


def test_a_study_comes_back_with_its_runs(store, make_study):
    study, records = make_study(name="first")
    study_id = store.save_study(study, records)
    assert STUDY_ID.fullmatch(study_id) and "-s_curve-k2-strip-" in study_id
    assert not RUN_ID.fullmatch(study_id) and store.list() == []
    back = store.study(study_id)
    assert back == replace(study, created=back.created) and back.created
    [entry] = store.studies()
    assert (entry.study_id, entry.study, entry.name) == (study_id, back, "first")
    assert "λ = 0.001 … 0.01" in entry.summary and not entry.read_only
    ids = store.member_ids(study_id)
    assert ids == [f"{study_id}.00{place}" for place in range(4)]
    for name, record in zip(ids, records, strict=True):
        assert MEMBER_ID.fullmatch(name) and store.record(name).spec == record.spec
        assert np.array_equal(store.record(name).weights["control"], record.weights["control"])
        assert store.export(name) == pack(record)
    kept = store.save(store.record(ids[2]))
    assert [entry.run_id for entry in store.list()] == [kept]


def test_a_run_of_a_study_is_loaded_with_its_model(store, make_study):
    pytest.importorskip("torch")
    study_id = store.save_study(*make_study())
    assert store.load(member_id(study_id, 3)).spec.seed == 1


def test_runs_of_a_study_go_with_it_only(store, make_study):
    study_id = store.save_study(*make_study())
    for call in (store.delete, lambda i: store.rename(i, "new")):
        with pytest.raises(InputError, match="belongs to its study"):
            call(f"{study_id}.001")
    with pytest.raises(InputError, match="a run from 0 to 3"):
        store.record(f"{study_id}.004")
    store.delete_study(study_id)
    with pytest.raises(InputError, match="study"):
        store.record(f"{study_id}.001")
    assert list(store.root.iterdir()) == []


def test_export_and_import(store, make_study):
    study_id = store.save_study(*make_study(name="travels"))
    data = store.export_study(study_id)
    other = store.import_study(data)
    assert other != study_id and store.export_study(other) == data
    with pytest.raises(InputError):
        store.import_study(data[:-10])
    assert len(store.studies()) == 2


def test_rename_and_later_figures_are_seen_at_once(store, make_study):
    study_id = store.save_study(*make_study())
    before = store.studies()[0].study
    store.rename_study(study_id, "  Strip λ ")
    store.update_study(study_id, before.curved([-0.25, *[nan] * 3], [1e-6] * 4, [-0.3] * 4))
    [entry] = store.studies()
    assert entry.name == "Strip λ", "the later figures took the name away"
    assert entry.study.outcomes[0].curvature == -0.25 and entry.study.outcomes[1].curvature is None
    assert entry.study == store.study(study_id) and entry.created == before.created
    assert store.record(f"{study_id}.000").spec.tikhonov == 0.001
    with pytest.raises(InputError, match="the same runs"):
        store.update_study(study_id, replace(before, outcomes=before.outcomes[:2]))
    with pytest.raises(InputError, match="80 printable"):
        store.rename_study(study_id, "")
    assert len(list(store.root.iterdir())) == 1


def test_two_changes_at_once_are_both_kept(store, make_study, monkeypatch):
    study_id = store.save_study(*make_study())
    rewrite = studies_module.rewrite_study

    def slowly(*arguments, **more):
        time.sleep(0.1)
        rewrite(*arguments, **more)

    monkeypatch.setattr(studies_module, "rewrite_study", slowly)
    curved = store.study(study_id).curved([-0.25] * 4, [1e-6] * 4, [-0.3] * 4)
    changes = [
        threading.Thread(target=store.update_study, args=(study_id, curved)),
        threading.Thread(target=store.rename_study, args=(study_id, "Mine")),
    ]
    for change in changes:
        change.start()
    for change in changes:
        change.join()
    now = store.study(study_id)
    assert now.name == "Mine" and now.outcomes[0].curvature == -0.25


def test_the_gallery_comes_last_and_cannot_be_changed(with_gallery, make_study):
    store = with_gallery
    own = store.save_study(*make_study())
    assert [entry.study_id for entry in store.studies()] == [own, "gallery.s_curve"]
    assert [entry.read_only for entry in store.studies()] == [False, True]
    assert store.study("gallery.s_curve").name == "shown"
    assert store.record("gallery.s_curve.001").spec.seed == 1
    assert not GALLERY_ID.fullmatch("gallery.s_curve")
    for call in (store.delete_study, lambda i: store.rename_study(i, "mine")):
        with pytest.raises(InputError, match="read-only"):
            call("gallery.s_curve")
    assert store.import_study(store.export_study("gallery.s_curve")) != own
    assert [entry.run_id for entry in store.list()] == ["gallery-s_curve"]


def test_damaged_studies_are_listed_as_such(with_gallery, make_study):
    store = with_gallery
    torn, good = store.save_study(*make_study()), store.save_study(*make_study())
    (store.root / f"{torn}.study").write_bytes(b"PK")
    (store.root.parent / "gallery" / "bad.study").write_bytes(b"")
    entries = {entry.study_id: entry for entry in store.studies()}
    assert entries[good].study and entries[torn].study is None
    assert entries[torn].summary == "damaged" and entries[torn].message
    assert entries["gallery.bad"].read_only and entries["gallery.bad"].study is None
    store.delete_study(torn)
    assert torn not in [entry.study_id for entry in store.studies()]


@pytest.mark.parametrize(
    "study_id",
    [
        "",
        "..",
        "../runs",
        "gallery.",
        "gallery.../x",
        "gallery.s_curve/../s_curve",
        "gallery.none",
        "20261123-184512-s_curve-k2-strip-3f9a",
        "20261123-184512-s_curve-k2-strip-3f9a\n",
        "20261123-184512-s_curve-k2-sweep-3f9a",
        "x" * 999,
        "a\x00b",
    ],
)
def test_ids_that_are_none_touch_nothing(with_gallery, make_study, study_id):
    store = with_gallery
    kept = store.save_study(*make_study())
    before = sorted(str(p) for p in store.root.parent.rglob("*"))
    calls = (store.study, store.delete_study, store.export_study, lambda i: store.rename_study(i, "new"))
    for call in (*calls, lambda i: store.record(f"{i}.000")):
        with pytest.raises(InputError):
            call(study_id)
    assert sorted(str(p) for p in store.root.parent.rglob("*")) == before
    assert store.study(kept)


def test_what_cannot_be_written_leaves_nothing(store, make_study, monkeypatch, tmp_path):
    study_id = store.save_study(*make_study())
    content = store.export_study(study_id)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for call in (lambda: store.save_study(*make_study()), lambda: store.rename_study(study_id, "new")):
        with pytest.raises(InputError, match="No space left"):
            call()
    monkeypatch.undo()
    assert [path.name for path in store.root.iterdir()] == [f"{study_id}.study"]
    assert store.export_study(study_id) == content
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="runs folder"):
        RunStore(tmp_path / "file").save_study(*make_study())


def test_the_same_random_end_is_tried_again(store, make_study, monkeypatch):
    ends = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr(
        "autoencode_core.store.folder.secrets.token_hex",
        lambda n: next(ends) if n == 2 else os.urandom(n).hex(),
    )
    monkeypatch.setattr("autoencode_core.store.folder.datetime", _Clock)
    ids = [store.save_study(*make_study(name=name)) for name in ("one", "two")]
    assert [study_id[-4:] for study_id in ids] == ["aaaa", "bbbb"]
    assert [store.study(study_id).name for study_id in ids] == ["one", "two"]


def test_an_id_given_beforehand_is_that_of_the_study(store, make_study):
    study, records = make_study()
    study_id = store.new_study_id(study.spec, study.kind)
    assert STUDY_ID.fullmatch(study_id) and not store.has_study(study_id)
    assert store.save_study_bytes(pack_study(study, records), study_id) == study_id
    assert store.has_study(study_id)
    assert store.save_study(study.renamed("again"), records, study_id) == study_id
    assert [entry.name for entry in store.studies()] == [""]
    other = make_study(plan_by_hand(spec=RunSpec(dataset="circle", iterations=5)))
    assert store.save_study(*other, study_id) != study_id and len(store.studies()) == 2
    for bad in ("../evil", "gallery.strip", study_id + "x"):
        assert not store.has_study(bad)
        with pytest.raises(InputError, match="an id as the store gives it"):
            store.save_study(study, records, bad)


def test_a_file_system_without_links_keeps_studies_too(store, make_study, monkeypatch):
    def none(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", none)
    study_id = store.save_study(*make_study())
    assert store.save_study(*make_study(name="again"), study_id) == study_id
    assert store.study(study_id).name == "" and len(store.studies()) == 1


class _Clock:
    @staticmethod
    def now(tz):
        from datetime import datetime

        return datetime(2026, 1, 1, tzinfo=tz)


def test_leftovers_of_a_save_that_was_cut_off_are_removed(store, make_study):
    store.root.mkdir()
    for name, age in ((".tmp-old.study", 7200), (".tmp-new.study", 0)):
        (store.root / name).write_bytes(b"")
        os.utime(store.root / name, (time.time() - age,) * 2)
    store.save_study(*make_study())
    left = {path.name for path in store.root.iterdir() if path.name.startswith(".")}
    assert left == {".tmp-new.study"}


def test_runs_of_another_study_are_not_saved(store, make_study):
    study, records = make_study()
    for wrong in (records[::-1], records[:2]):
        with pytest.raises(InputError):
            store.save_study(study, wrong)
    assert not store.root.exists()
