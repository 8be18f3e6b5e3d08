"""One run as one file: exact both ways, and closed to whatever is not one."""

import io
import json
import math
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from own import registered

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store import run_file as files
from autoencode_core.store import run_members
from autoencode_core.store.choice import Choice, choice_out
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_file import pack, read_folder, unpack, unpack_summary, write_folder
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import record_of
from autoencode_core.training.selection import train


def same(a, b):
    """Equal to the last bit: kinds, shapes and NaN included."""
    for part in ("weights", "probe"):
        ours, theirs = getattr(a, part), getattr(b, part)
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert ours[key].dtype == theirs[key].dtype and ours[key].shape == theirs[key].shape, key
            assert ours[key].tobytes() == theirs[key].tobytes(), key
    assert repr({k: a.history[k] for k in HISTORY}) == repr({k: b.history[k] for k in HISTORY})
    assert repr(sorted(a.summary.items())) == repr(sorted(b.summary.items()))
    for field in ("spec", "status", "message", "name", "created", "labels", "columns", "choice"):
        assert getattr(a, field) == getattr(b, field), field


def rezip(data, **members):
    """The same file with some members replaced or, where None, left out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content.update(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            if part is not None:
                archive.writestr(name, part)
    return buffer.getvalue()


def rejson(data, member, **changes):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = json.loads(archive.read(member))
    return rezip(data, **{member: json.dumps({**content, **changes})})


SPECS = [
    RunSpec(dataset="s_curve"),
    RunSpec(dataset="s_curve", field="single_layer", dtype="float64", bottleneck=1, profile="geometric"),
    RunSpec(dataset="circle", depth=6, profile=(2, 2, 1), order=(1, 0)),
    RunSpec(dataset="digits", task="classify", bottleneck=2),
    RunSpec(dataset="bimodal"),
]


CHOICE = Choice((1.0, 0.1), ((1.0, 1.0), (0.8, math.inf)), (2.0, 2.1), True, 40)


def test_a_stored_run_has_a_number_for_its_weight(make_record):
    with pytest.raises(InputError, match="run, tikhonov = auto: allowed is the number"):
        pack(make_record(RunSpec(dataset="s_curve", tikhonov="auto")))
    spec = {**RunSpec(dataset="s_curve").model_dump(mode="json"), "tikhonov": "auto"}
    with pytest.raises(InputError, match="tikhonov = auto"):
        unpack(rezip(pack(make_record()), **{"spec.json": json.dumps(spec)}))


def test_how_the_weight_was_chosen_comes_back(make_record, tmp_path):
    record = make_record(choice=CHOICE)
    same(unpack(pack(record)), record)
    write_folder(record, tmp_path / "run")
    files.rewrite_name(tmp_path / "run", "Other")
    assert read_folder(tmp_path / "run").choice == unpack_summary(pack(record)).choice == CHOICE


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"weights": []}, "choice, weights"),
        ({"weights": [1.0]}, "choice, errors"),
        ({"weights": [0.1, 1.0]}, "weights that descend"),
        ({"weights": [1.0, 1.0]}, "weights that descend"),
        ({"weights": [1e9, 1.0]}, "choice, weights, 0"),
        ({"weights": "ab"}, "choice, weights"),
        ({"errors": [[1.0, 1.0], [1.0]]}, "choice, errors"),
        ({"errors": [[1.0, 1.0], [1.0, -1.0]]}, "choice, errors, 1, 1"),
        ({"errors": [[1.0, 1.0], [1.0, "nan"]]}, "choice, errors, 1, 1"),
        ({"scale": [1.0]}, "choice, scale"),
        ({"scale": [1.0, 0.0]}, "choice, scale, 1"),
        ({"scale": [1.0, "inf"]}, "choice, scale, 1"),
        ({"by_pca": "perhaps"}, "choice, by_pca"),
        ({"rows": 1}, "choice, rows"),
        ({"rows": None}, "choice, rows"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(make_record, wrong, says):
    data = pack(make_record(choice=CHOICE))
    with pytest.raises(InputError, match=says):
        unpack(rejson(data, "run.json", choice={**choice_out(CHOICE), **wrong}))
    with pytest.raises(InputError, match=r"run\.json, choice"):
        unpack(rejson(data, "run.json", choice=[wrong]))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.dataset}-{spec.task}-{spec.field}")
def test_round_trip_is_exact(make_record, spec, tmp_path):
    record = make_record(spec, name="Mine é", labels=("a", "b"), status="converged")
    data = pack(record)
    same(unpack(data), record)
    assert pack(unpack(data)) == data
    write_folder(record, tmp_path / "run")
    same(read_folder(tmp_path / "run"), record)
    assert unpack_summary(data) == files.read_summary(tmp_path / "run")
    assert unpack_summary(data).name == "Mine é" and unpack_summary(data).weights == {}


numbers = st.one_of(st.floats(), st.integers(-(2**53), 2**53), st.floats(width=32))


@settings(max_examples=60, deadline=None)
@given(column=st.lists(numbers, min_size=1, max_size=6), figure=st.one_of(st.none(), numbers))
def test_numbers_survive_exactly(make_record, column, figure):
    record = make_record(
        rows=len(column),
        status="diverged",
        history={key: list(column) for key in HISTORY} | {"iteration": list(range(len(column)))},
        summary={"x": figure},
    )
    back = unpack(pack(record))
    for given_value, found in zip([*column, figure], [*back.history["cost"], back.summary["x"]], strict=True):
        assert type(given_value) is type(found)
        if isinstance(found, float):
            same_sign = math.copysign(1, given_value) == math.copysign(1, found) or math.isnan(found)
            assert same_sign and (given_value == found or (math.isnan(given_value) and math.isnan(found)))
        else:
            assert given_value == found


def test_json_members_are_standard_json(make_record):
    history = {key: [1.0, math.nan, math.inf, -math.inf] for key in HISTORY} | {"iteration": [0, 1, 2, 3]}
    data = pack(make_record(status="diverged", history=history, summary={"test_error": math.nan}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in ("spec.json", "run.json", "history.json"):
            json.loads(archive.read(name), parse_constant=lambda word: pytest.fail(f"it holds {word}"))


def test_scrambled_memory_is_stored_as_it_reads(make_record):
    record = make_record()
    turned = {**record.probe, "inputs": np.asfortranarray(record.probe["inputs"])}
    turned["flow_states"] = np.ascontiguousarray(record.probe["flow_states"].transpose(2, 1, 0)).transpose(
        2, 1, 0
    )
    same(unpack(pack(replace(record, probe=turned))), record)


def test_diverged_weights_may_be_infinite_others_not(make_record):
    record = make_record()
    broken = {**record.weights, "control": np.full_like(record.weights["control"], np.nan)}
    same(
        unpack(pack(replace(record, weights=broken, status="diverged"))),
        replace(record, weights=broken, status="diverged"),
    )
    with pytest.raises(InputError, match=r"control.*finite"):
        pack(replace(record, weights=broken))


@pytest.mark.parametrize(
    ("part", "name", "array", "words"),
    [
        ("weights", "control", np.zeros(3, np.float32), r"shape \(3,\)"),
        ("weights", "control", np.zeros(3, np.float16), "float32 or float64"),
        ("weights", "order", np.array([0, 0, 1]), "once"),
        ("weights", "axes", np.zeros((3, 2)), r"\(3, 3\)"),
        ("weights", "order", np.arange(3.0), "whole numbers"),
        ("probe", "inputs", np.zeros((0, 3), np.float32), "at least one particle"),
        ("probe", "inputs", np.zeros((7, 1), np.float32), "bottleneck"),
        ("probe", "flow_active", np.zeros((13, 3)), "bool"),
        ("probe", "flow_states", np.zeros((13, 7), np.float32), "3 axes"),
        ("probe", "labels", np.full(7, 5), "0 to 1"),
        ("probe", "snapshot_codes", np.zeros((2, 7, 2), np.float32), r"\(3, 7, 2\)"),
        ("probe", "extra", np.zeros(1), "also holds extra"),
        ("probe", "hue", None, "lacks hue"),
        ("probe", "hue", [1.0], "float32 or float64"),
    ],
)
def test_parts_that_do_not_fit_are_refused(make_record, part, name, array, words):
    record = make_record(labels=("a", "b"))
    arrays = {
        key: value for key, value in {**getattr(record, part), name: array}.items() if value is not None
    }
    with pytest.raises(InputError, match=words):
        pack(replace(record, **{part: arrays}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "perfect"}, "finished, converged, stopped, diverged"),
        ({"name": "x" * 81}, "80 printable"),
        ({"name": "a\x00b"}, "80 printable"),
        ({"created": "yesterday"}, "ISO date"),
        ({"message": "x" * 20_000}, "10000 characters"),
        ({"columns": ("a", "b")}, "none or 3 names"),
        ({"summary": {"test_error": "small"}}, "a number"),
        ({"summary": {"substeps": 65}}, "substeps = 65: allowed is a whole number from 1 to 64"),
        ({"summary": {"substeps": 1.5}}, "substeps = 1.5: allowed is a whole number from 1 to 64"),
        ({"history": {}}, "lacks"),
        ({"history": {key: [1.0] * (1 + (key == "cost")) for key in HISTORY}}, "as long"),
        ({"history": {key: [True] for key in HISTORY}}, "numbers"),
    ],
)
def test_texts_and_history_that_do_not_fit_are_refused(make_record, changes, words):
    with pytest.raises(InputError, match=words):
        pack(make_record(**changes))


# ---- hostile files


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"scheme": "heun"}, r"spec\.json, scheme = heun: allowed is euler, midpoint, rk4"),
        ({"field": "leaky"}, r"spec\.json, field = leaky: allowed is single_layer, two_layer"),
        ({"activation": "arctan"}, r"spec\.json, activation = arctan: allowed is tanh, .*identity"),
        ({"substeps": 0}, r"substeps = 0: allowed is a whole number from 1 to 64"),
        ({"fidelity": -1}, r"fidelity = -1: allowed is a number from 0 to 1"),
    ],
)
def test_an_unknown_field_or_scheme_is_refused_in_a_sentence(make_record, knobs, words, tmp_path):
    data = rejson(pack(make_record()), "spec.json", **knobs)
    for read in (unpack, unpack_summary):
        with pytest.raises(InputError, match=words):
            read(data)
    store = RunStore(tmp_path)
    run_id = store.save(make_record())
    spec = tmp_path / run_id / "spec.json"
    spec.write_text(json.dumps({**json.loads(spec.read_text()), **knobs}))
    with pytest.raises(InputError, match=words):
        store.record(run_id)


def test_a_run_of_a_field_that_is_gone_is_told_and_the_others_stay(make_record, tmp_path):
    store = RunStore(tmp_path)
    kept = store.save(make_record())
    with registered():
        run = train(RunSpec(dataset="moons", particles=20, depth=4, iterations=1, field="leaky"))
        gone = store.save(record_of(run))
        assert store.record(gone).spec.field == "leaky"
    with pytest.raises(InputError, match="field = leaky: allowed is single_layer, two_layer"):
        store.record(gone)
    assert kept in [entry.run_id for entry in store.list()]


def test_cut_and_changed_files_are_refused_and_never_crash(make_record):
    data = pack(make_record())
    for end in (0, 1, 30, len(data) // 2, len(data) - 1):
        with pytest.raises(InputError):
            unpack(data[:end])
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        changed = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            changed[place] ^= 1 << rng.integers(0, 8)
        try:
            unpack(bytes(changed))
        except InputError:
            refused += 1
    assert refused > 150  # the rest fell on dates and other bytes without meaning


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data):
    with pytest.raises(InputError, match="allowed is"):
        unpack(data)


def test_other_members_are_refused(make_record):
    data = pack(make_record())
    for changed in (
        rezip(data, **{"../evil.json": b"{}"}),
        rezip(data, **{"spec.json": None}),
        rezip(data, **{"spec.json": None, "../spec.json": b"{}"}),
    ):
        with pytest.raises(InputError, match=r"exactly spec\.json"):
            unpack(changed)


def test_doubled_member_is_refused(make_record):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        for name in ("spec.json", "run.json", "history.json", "spec.json", "weights.safetensors"):
            archive.writestr(name, b"{}")
    with pytest.raises(InputError, match="exactly"):
        unpack(buffer.getvalue())


def test_bombs_are_refused_before_they_unpack(make_record, monkeypatch):
    data = pack(make_record())
    with pytest.raises(InputError, match="at most 1000000 bytes"):
        unpack(rezip(data, **{"spec.json": b" " * 2_000_000}))
    with pytest.raises(InputError, match="nested too often"):
        unpack(rezip(data, **{"spec.json": b"[" * 900_000}))
    with pytest.raises(InputError, match=r"history\.json = 900000 bytes: allowed is those of 6 rows"):
        unpack(rezip(data, **{"history.json": b"[" * 900_000}))
    with pytest.raises(InputError, match=r"history\.json = 4998 commas: allowed is 66 numbers"):
        unpack(rezip(data, **{"history.json": b'{"cost": [' + b"0," * 4998 + b"0]}"}))
    with pytest.raises(InputError, match="damaged"):
        unpack(rezip(data, **{"spec.json": b"[" * 9_000}))
    with pytest.raises(InputError, match="damaged"):
        unpack(rezip(data, **{"spec.json": b"9" * 9_000}))
    monkeypatch.setattr(run_members, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="at most 1000 bytes"):
        unpack(data)


def test_long_table_of_contents_is_refused_unread(make_record, monkeypatch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for i in range(1000):
            archive.writestr(f"{i}", b"")
    monkeypatch.setattr(zipfile, "ZipFile", lambda *a, **k: pytest.fail("the table was read"))
    with pytest.raises(InputError, match="1000 members"):
        unpack(buffer.getvalue())
    locator = b"PK\x06\x07" + b"\0" * 16 + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 5, 5, 100, 0, 0)
    with pytest.raises(InputError):
        unpack(locator)


def test_bad_arrays_are_refused(make_record):
    data = pack(make_record())
    huge_header = struct.pack("<Q", 10**9) + b"{}"
    half = safetensors.numpy.save({"control": np.zeros(2, np.float32)})[:-3]
    for changed in (b"", huge_header, half, b"\x80\x04pickle"):
        with pytest.raises(InputError, match="safetensors"):
            unpack(rezip(data, **{"weights.safetensors": changed}))


def test_bad_spec_is_explained(make_record):
    data = pack(make_record())
    with pytest.raises(InputError, match=r"spec\.json, depth = 7: allowed is an even number"):
        unpack(rejson(data, "spec.json", depth=7))
    with pytest.raises(InputError, match=r"spec\.json, bottleneck = 9: .*1 to 3"):
        unpack(rejson(data, "spec.json", bottleneck=9))
    with pytest.raises(InputError, match="no such knob"):
        unpack(rejson(data, "spec.json", magic=1))
    with pytest.raises(InputError, match="control"):
        unpack(rejson(data, "spec.json", depth=40))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "other"}, "allowed is an .autoencode file"),
        ({"version": 3}, "newer program"),
        ({"version": "1"}, "allowed is an .autoencode file"),
        ({"status": None}, "finished"),
        ({"name": 7}, "printable"),
        ({"labels": "abc"}, "a list"),
        ({"labels": [1]}, "text"),
        ({"summary": []}, "figures"),
        ({"created": 5}, "ISO"),
        ({"message": None}, "text"),
    ],
)
def test_bad_texts_are_refused(make_record, changes, words):
    data = rejson(pack(make_record()), "run.json", **changes)
    for read in (unpack, unpack_summary):
        with pytest.raises(InputError, match=words):
            read(data)


def test_bad_history_is_refused(make_record):
    data = pack(make_record())
    for column in ("nan", [["1"]], ["many"], {"0": 1}):
        with pytest.raises(InputError, match=r"history|cost"):
            unpack(rejson(data, "history.json", cost=column))
    with pytest.raises(InputError, match="standard JSON"):
        unpack(rezip(data, **{"history.json": b'{"cost": [NaN]}'}))


def test_a_spec_whose_csv_is_gone_still_opens(make_record):
    record = make_record()
    data = rejson(pack(record), "spec.json", dataset="/no/such/place/mine.csv")
    assert unpack(data).spec.dataset == "/no/such/place/mine.csv"


def test_folder_is_whole_or_absent(make_record, tmp_path, monkeypatch):
    record = make_record()
    write_folder(record, tmp_path / "run")
    with pytest.raises(FileExistsError):
        write_folder(record, tmp_path / "run")
    monkeypatch.setattr(
        files, "write_to_disk", lambda path, data: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(OSError, match="No space"):
        write_folder(record, tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


# ---- half precision


def test_half_precision_rounds_the_large_arrays_and_nothing_else():
    record = record_of(train(RunSpec(dataset="moons", particles=60, depth=4, iterations=5)))
    whole, half = pack(record), pack(record, half=True)
    read = unpack(half)
    assert len(half) < 0.75 * len(whole)
    for part in ("weights", "probe"):
        for name, array in getattr(record, part).items():
            back = getattr(read, part)[name]
            assert back.dtype == array.dtype, name
            wanted = array.astype(np.float16) if name in files.HALVED else array
            assert np.array_equal(back, wanted), name
    assert read.summary == record.summary and read.history == record.history
    same(unpack(pack(read, half=True)), read)  # rounding once is enough
    same(unpack(pack(read)), read)


def test_half_precision_is_told_by_the_version():
    record = record_of(train(RunSpec(dataset="moons", particles=60, depth=4, iterations=1)))
    for half, version in ((False, 1), (True, 2)):
        with zipfile.ZipFile(io.BytesIO(pack(record, half))) as archive:
            assert json.loads(archive.read("run.json"))["version"] == version


def test_what_half_precision_cannot_hold_is_refused():
    record = record_of(train(RunSpec(dataset="moons", particles=60, depth=4, iterations=1)))
    large = replace(record, weights={**record.weights, "control": record.weights["control"] + 1e5})
    with pytest.raises(InputError, match="control = too large for half precision"):
        pack(large, half=True)
    pack(large)
