"""One study as one file: exact both ways, and closed to whatever is not one."""

import io
import json
import math
import struct
import weakref
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoencode_core.errors import InputError
from autoencode_core.store import study_file as study_files
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.store.study_file import pack_study, read_member, read_study, unpack_study

GALLERY = Path(__file__).parents[2] / "assets" / "gallery"
by_hand = pytest.importorskip("by_hand")  # this folder's, on the path by conftest.py
STUDY, RECORDS = by_hand.study_by_hand()
DATA = pack_study(STUDY, RECORDS)


def rezip(data=DATA, compression=zipfile.ZIP_STORED, **members):
    """The same file with some members replaced, added or, where None, left out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content.update({name.replace("__", "."): part for name, part in members.items()})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, part in content.items():
            if part is not None:
                archive.writestr(name, part)
    return buffer.getvalue()


def retold(change, data=DATA):
    """The same file with another study.json."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = json.loads(archive.read("study.json"))
    change(told)
    return rezip(data, study__json=json.dumps(told))


def test_a_study_comes_back(tmp_path):
    strange = replace(
        STUDY.outcomes[1],
        cost=math.inf,
        minimiser=None,
        moved=0.25,
        jump=True,
        curvature=-0.1 + 1 / 3,
        bound=1e-9,
        floor=-0.5,
        ode_difference=math.inf,
        ode_test_error=0.1 + 0.2,
        substeps=64,
    )
    study = replace(
        STUDY,
        outcomes=(STUDY.outcomes[0], strange, *STUDY.outcomes[2:]),
        name="Mine",
        created="2026-11-24T03:14:15",
    )
    data = pack_study(study, RECORDS)
    assert data == pack_study(study, RECORDS), "the same study gave other bytes"
    back, records = unpack_study(data)
    assert back == study
    assert [pack(record) for record in records] == [pack(record) for record in RECORDS]
    path = tmp_path / "a.study"
    path.write_bytes(data)
    assert read_study(path) == study
    assert unpack(read_member(path, 2)).spec == RECORDS[2].spec
    for place in (-1, len(RECORDS)):
        with pytest.raises(InputError, match="a run from 0 to 3"):
            read_member(path, place)


def test_a_run_that_diverged_comes_back():
    nan = replace(STUDY.outcomes[0], status="diverged", cost=math.nan, minimiser=None)
    study = replace(STUDY, outcomes=(nan, *STUDY.outcomes[1:]))
    records = [replace(RECORDS[0], status="diverged"), *RECORDS[1:]]
    back, _ = unpack_study(pack_study(study, records))
    assert math.isnan(back.outcomes[0].cost) and back.outcomes[0].status == "diverged"


def test_of_old_studies_only_what_converged_counts():
    """They were stored with a minimiser for every run, and with jumps between runs that had not arrived."""

    def aged(told):
        told["outcomes"][1].update(minimiser=1, jump=True)
        told["outcomes"][2].update(status="finished", minimiser=0, jump=True)
        told["outcomes"][3].update(minimiser=1, jump=True)

    records = [*RECORDS[:2], replace(RECORDS[2], status="finished"), RECORDS[3]]
    back, _ = unpack_study(retold(aged, rezip(**{"002__autoencode": pack(records[2])})))
    assert [outcome.minimiser for outcome in back.outcomes] == [0, 1, None, 1]
    assert [outcome.jump for outcome in back.outcomes] == [False, True, False, False]
    assert back.minimisers(back.outcomes[2].tikhonov) == 1


def test_of_old_studies_no_ode_difference_is_known():
    def aged(told):
        for outcome in told["outcomes"]:
            for name in ("ode_difference", "ode_test_error", "substeps"):
                del outcome[name]

    back, _ = unpack_study(retold(aged))
    assert {(o.ode_difference, o.ode_test_error, o.substeps, o.verdict) for o in back.outcomes} == {
        (None,) * 4
    }
    for path in sorted(GALLERY.glob("*.study")):  # with or without, they load
        assert read_study(path).outcomes


def test_continuations_come_back():
    plan = by_hand.plan_by_hand(kind="continuation", seeds=(0,))
    study, records = by_hand.study_by_hand(plan)
    assert [outcome.branch for outcome in study.outcomes] == ["down", "down", "up", "up"]
    assert unpack_study(pack_study(study, records))[0] == study


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(format="autoencode"), "study.json = autoencode"),
        (lambda told: told.update(version=2), "a newer program"),
        (lambda told: told.update(kind="sweep"), "kind = sweep"),
        (lambda told: told.update(name="a\nb"), "name"),
        (lambda told: told.update(name=7), "name"),
        (lambda told: told.update(created="yesterday"), "created"),
        (lambda told: told.update(created=None), "created"),
        (lambda told: told.update(zero=[1]), "zero"),
        (lambda told: told.update(variance="much"), "variance = much"),
        (lambda told: told["spec"].update(depth=7), "depth = 7"),
        (lambda told: told.update(spec=[]), "spec"),
        (lambda told: told.update(outcomes=[]), "outcomes"),
        (lambda told: told.update(outcomes=None), "outcomes"),
        (lambda told: told["outcomes"].pop(), "as many as there are runs, 4"),
        (lambda told: told["outcomes"][1].update(seed=0), "each λ, seed and branch once"),
        (lambda told: told["outcomes"][1].update(status="lost"), "1, status = lost"),
        (lambda told: told["outcomes"][1].update(tikhonov=-1), "tikhonov = -1"),
        (lambda told: told["outcomes"][1].update(tikhonov="nan"), "tikhonov = nan"),
        (lambda told: told["outcomes"][1].update(branch="up"), "branch = up"),
        (lambda told: told["outcomes"][1].update(minimiser=-3), "minimiser = -3"),
        (lambda told: told["outcomes"][1].update(minimiser=10**30), "minimiser"),
        (lambda told: told["outcomes"][1].update(iterations=-1), "iterations = -1"),
        (lambda told: told["outcomes"][1].update(iterations=10**4000), "a number from 0 to 100000"),
        (lambda told: told["outcomes"][1].update(ode_difference=-0.1), "ode_difference = -0.1"),
        (lambda told: told["outcomes"][1].update(ode_difference="nan"), "ode_difference = nan"),
        (lambda told: told["outcomes"][1].update(ode_test_error=-1), "ode_test_error = -1"),
        (lambda told: told["outcomes"][1].update(substeps=0), "substeps = 0"),
        (lambda told: told["outcomes"][1].update(substeps=65), "a whole number from 1 to 64"),
        (lambda told: told.update(variance=-1), "variance = -1"),
        (lambda told: told["outcomes"][1].update(cost={}), "cost"),
        (lambda told: told["outcomes"][1].pop("cost"), "cost"),
        (lambda told: told["outcomes"][1].update(tikhonov=0.5), "λ = 0.001"),
        (lambda told: told["outcomes"][1].update(status="diverged"), "001.autoencode"),
        (lambda told: told["outcomes"][1].update(seed=7), "seed 7"),
    ],
)
def test_figures_that_cannot_be_are_refused(change, said):
    with pytest.raises(InputError) as raised:
        unpack_study(retold(change))
    assert said in str(raised.value)


def foreign_run():
    other = RECORDS[1].spec.but(bottleneck=1)
    return pack(by_hand.record_by_hand(other, status="converged"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cut short or foreign"),
        (pack(RECORDS[0]), "other members"),
        (DATA[:-5], "cut short or foreign"),
        (DATA + b"x", "cut short or foreign"),
        (rezip(compression=zipfile.ZIP_DEFLATED), "packed in another way"),
        (rezip(study__json=None), "other members"),
        (rezip(**{"002__autoencode": None}), "other members"),
        (rezip(**{"..__autoencode": b""}), "other members"),
        (rezip(study__json=b"{"), "standard JSON"),
        (rezip(study__json=b"[" * 20_000), "nested too often"),
        (rezip(study__json=b" " * 5_000_000), "5000000 bytes"),
        (rezip(**{"001__autoencode": b"PK"}), "001.autoencode"),
        (rezip(**{"001__autoencode": foreign_run()}), "a run of another spec"),
    ],
)
def test_foreign_files_are_refused(data, said):
    with pytest.raises(InputError) as raised:
        unpack_study(data)
    assert said in str(raised.value)


def test_a_table_of_contents_that_lies_is_refused():
    last = DATA.rindex(b"PK\x01\x02")
    size = struct.unpack("<I", DATA[last + 24 : last + 28])[0]
    for lie in (size + 1, 10**8, 2**32 - 2):
        told = DATA[: last + 20] + struct.pack("<II", lie, lie) + DATA[last + 28 :]
        with pytest.raises(InputError):
            unpack_study(told)
    bomb = bytearray(DATA)
    places = [i for i in range(len(bomb)) if bomb[i : i + 4] == b"PK\x01\x02"]
    for place in places[1:]:  # every run lies where the first one does
        bomb[place + 42 : place + 46] = bomb[places[1] + 42 : places[1] + 46]
    with pytest.raises(InputError):
        unpack_study(bytes(bomb))


@settings(max_examples=60)
@given(place=st.integers(0, len(DATA) - 1), byte=st.integers(0, 255))
def test_a_spoilt_byte_does_no_harm(place, byte):
    spoilt = DATA[:place] + bytes([byte]) + DATA[place + 1 :]
    try:
        study, records = unpack_study(spoilt)
    except InputError:
        return
    assert len(records) == len(study.outcomes) == 4  # it hit what does not count, such as a time


def test_runs_are_unpacked_one_at_a_time_when_a_file_is_checked(monkeypatch):
    """A small file may hold runs that take gigabytes together."""
    alive = []

    def watched(*arguments):
        record = unpack(*arguments)
        assert all(known() is None for known in alive)
        alive.append(weakref.ref(record))
        return record

    monkeypatch.setattr(study_files, "unpack", watched)
    study, members = study_files.checked_members(DATA)
    assert study == STUDY and len(members) == len(alive) == 4


def test_runs_that_are_not_the_study_s_are_not_packed():
    for records in (RECORDS[:3], RECORDS[::-1], [*RECORDS[:3], unpack(foreign_run())]):
        with pytest.raises(InputError):
            pack_study(STUDY, records)
