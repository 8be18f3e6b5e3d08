"""One run as one file or one folder with the same members; whatever is read is taken for hostile.

Members: spec.json (the RunSpec), run.json (outcome and texts), history.json, weights.safetensors and
probe.safetensors. Nothing is unpickled, evaluated or extracted to disk.
"""

import contextlib
import errno
import io
import math
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.array_heads import Head, heads
from autoencode_core.store.choice import choice_in, choice_out
from autoencode_core.store.folder import write_to_disk
from autoencode_core.store.history import HISTORY
from autoencode_core.store.layout import check_layout
from autoencode_core.store.record import Array, RunRecord
from autoencode_core.store.run_members import (
    FREE_BYTES,
    MOST_BYTES,
    MOST_RATIO,
    WANTED,
    File,
    Folder,
    Members,
    check_size,
)
from autoencode_core.store.stored_spec import spec_in
from autoencode_core.store.strict_json import dump, head_in, number_in, number_out, parse
from autoencode_core.store.validation import check, check_texts, check_weight
from autoencode_core.store.zip_members import stored_member
from autoencode_core.words import megabytes

VERSION = 2
"""Version of the format, counted up when an older program could not read a newer file: 2 may hold HALVED."""
HALVED = (
    "control",
    "axes",
    "path_controls",
    "snapshot_codes",
    "snapshot_outputs",
    "flow_states",
    "flow_dropped",
)
"""Arrays that a file may hold in half precision; they are read into that of the run, axes into float64."""
_ARRAYS = ("weights.safetensors", "probe.safetensors")
_TEXTS = ("status", "message", "name", "created")
_HISTORY_NUMBER, _HISTORY_HEADS = 30, 10_000
"""Most bytes of a number of a history with its comma, and of all else there."""


def pack(record: RunRecord, half: bool = False) -> bytes:
    """A run as the bytes of one .autoencode file; the same record gives the same bytes.

    Args:
        record: the run.
        half: whether the large arrays (HALVED) are rounded to half precision, to take less room. Figures of
            the summary are then those of another control than the one in the file, by that rounding.

    Raises:
        InputError: the record's parts do not fit each other, the file would be too large to be read, or a
            number is too large for half precision.
    """
    members = _members(record, half)
    whole = sum(map(len, members.values()))
    if whole > MOST_BYTES:
        raise InputError("run", f"{megabytes(whole)}, unpacked", f"at most {megabytes(MOST_BYTES)}")
    packed = _zip(members, compressed=True)
    # What packs better than any file may that is read (a control of zeros) is stored as it is.
    return packed if whole <= FREE_BYTES + MOST_RATIO * len(packed) else _zip(members, compressed=False)


def _zip(members: Mapping[str, bytes], compressed: bool) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(stored_member(name, compressed), data)
    return buffer.getvalue()


def unpack(data: bytes, source: str = "file") -> RunRecord:
    """The run in the bytes of an .autoencode file.

    Args:
        data: at most 200 MB, from anywhere.
        source: what to call the file in a message.

    Raises:
        InputError: the file is damaged, foreign, too large or newer than this program; it says where.
    """
    return _record(File(data, source))


def unpack_summary(data: bytes, source: str = "file") -> RunRecord:
    """The run in the bytes of an .autoencode file, without history and arrays; raises like `unpack`."""
    return _in_flow_coordinates(_texts(File(data, source)))


def texts_size(record: RunRecord) -> int:
    """Bytes that the spec and the texts of a run take.

    Args:
        record: a run, perhaps without history and arrays yet.

    Raises:
        InputError: they could not be read again.
    """
    check_texts(record)
    members = _text_members(record)
    for name, data in members.items():
        check_size(len(data), name, "run")
    texts = parse(members["run.json"], "run, run.json", WANTED)
    _text_record(record.spec, texts, "run")
    return sum(map(len, members.values()))


def write_folder(record: RunRecord, path: str | os.PathLike[str]) -> None:
    """Store a run as a new folder, whole or not at all.

    Raises:
        FileExistsError: the folder is there already.
        InputError: the record's parts do not fit each other, or one would be too large to be read.
    """
    members, target = _members(record), Path(path)
    hidden = target.with_name(f".tmp-{secrets.token_hex(8)}")
    hidden.mkdir(parents=True)
    try:
        for name, data in members.items():
            write_to_disk(hidden / name, data)
        # Renaming onto a folder that holds something fails, so two processes cannot take the same name.
        hidden.rename(target)
    except OSError as error:
        taken = error.errno in (errno.EEXIST, errno.ENOTEMPTY)
        raise FileExistsError(errno.EEXIST, "there is such a run", str(target)) if taken else error from None
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def read_folder(path: str | os.PathLike[str], source: str = "run") -> RunRecord:
    """The run in a folder; raises like `unpack`."""
    return _record(Folder(Path(path), source))


def read_summary(path: str | os.PathLike[str], source: str = "run") -> RunRecord:
    """The run in a folder, without history and arrays; raises like `unpack`."""
    return _in_flow_coordinates(_texts(Folder(Path(path), source)))


def rewrite_name(path: str | os.PathLike[str], name: str) -> None:
    """Give the run in a folder another name, atomically; raises like `unpack`."""
    run_file = Path(path) / "run.json"
    texts = parse(Folder(Path(path), "run").read("run.json"), "run, run.json", WANTED)
    hidden = run_file.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        write_to_disk(hidden, dump({**texts, "name": name}))
        os.replace(hidden, run_file)
    finally:
        hidden.unlink(missing_ok=True)


# ---- writing


def _members(record: RunRecord, half: bool = False) -> dict[str, bytes]:
    check(record)
    weights, probe = (_halved(part) if half else part for part in (record.weights, record.probe))
    members = {
        **_text_members(record, half),
        "history.json": dump(
            {key: [number_out(x) for x in column] for key, column in record.history.items()}
        ),
        "weights.safetensors": _arrays_to_bytes(weights),
        "probe.safetensors": _arrays_to_bytes(probe),
    }
    for name, data in members.items():
        check_size(len(data), name, "run")
    return members


def _text_members(record: RunRecord, half: bool = False) -> dict[str, bytes]:
    texts = {
        "format": "autoencode",
        "version": VERSION if half else 1,
        **{key: getattr(record, key) for key in _TEXTS},
        "summary": {key: number_out(value) for key, value in record.summary.items()},
        "labels": list(record.labels),
        "columns": list(record.columns),
        **({} if record.choice is None else {"choice": choice_out(record.choice)}),
    }
    return {"spec.json": dump(record.spec.model_dump(mode="json")), "run.json": dump(texts)}


def _arrays_to_bytes(arrays: Mapping[str, Array]) -> bytes:
    # safetensors reads memory as it lies: anything but C order would be stored scrambled.
    return safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _halved(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays, those of HALVED in half precision."""
    rounded = dict(arrays)
    for name in set(HALVED) & set(arrays):
        with np.errstate(over="ignore"):
            rounded[name] = np.asarray(arrays[name]).astype(np.float16)
        if not np.isfinite(rounded[name]).all():
            most = float(np.finfo(np.float16).max)
            raise InputError(name, "too large for half precision", f"numbers of at most {most:g}")
    return rounded


# ---- reading


def _record(members: Members) -> RunRecord:
    texts, source = _texts(members), members.source
    weights, probe = (_in_full(heads(members, name), texts.spec) for name in _ARRAYS)
    check_layout(texts.spec, weights, probe, source)
    record = replace(
        texts,
        history=_history(members, texts.spec),
        weights=_arrays(members, _ARRAYS[0], texts.spec),
        probe=_arrays(members, _ARRAYS[1], texts.spec),
    )
    check(record, source)
    return _in_flow_coordinates(_completed(record))


def _history(members: Members, spec: RunSpec) -> dict[str, list[float]]:
    """The columns of the history, as they are before `check`."""
    source, name = members.source, "history.json"
    most = (spec.iterations + 1) * len(HISTORY)
    size = members.size(name)
    if size > most * _HISTORY_NUMBER + _HISTORY_HEADS:
        raise InputError(f"{source}, {name}", f"{size} bytes", f"those of {spec.iterations + 1} rows")
    data = members.read(name)
    if data.count(b",") > 2 * most + len(HISTORY):
        raise InputError(f"{source}, {name}", f"{data.count(b',')} commas", f"{most} numbers")
    columns = {
        key: _list(column, key, source) for key, column in parse(data, f"{source}, {name}", WANTED).items()
    }
    if "iteration" in columns and "substeps" not in columns:  # written before they could change
        rows = len(columns["iteration"])
        columns |= {"substeps": [spec.substeps] * rows, "ode_difference": [math.nan] * rows}
    return {key: _numbers(column) for key, column in columns.items()}


def _numbers(column: list[Any]) -> list[Any]:
    """The values of a column, those that JSON has no word for as numbers."""
    return column if set(map(type, column)) == {float} else [number_in(value) for value in column]


def _completed(record: RunRecord) -> RunRecord:
    """A record with the figures that pages ask every run for; where its summary has none, the last row's."""
    names = ("train_error", "test_error", "seconds")
    last = {name: record.history[name][-1] for name in (*names, "iteration")}
    known: dict[str, float | None] = {
        **dict.fromkeys(("pca_train_error", "pca_test_error", "accuracy")),
        **{name: last[name] for name in names},
        "iterations": float(last["iteration"]),
        "parameters": float(record.weights["control"].size),
    }
    given = {name: value for name, value in record.summary.items() if value is not None or name not in known}
    return replace(record, summary={**known, **given})


_TRAIN_AGAIN = " Its test error was told in data units, which compares with nothing here: train it again."
_IN_DATA_UNITS = ("test_error", "pca_train_error", "pca_test_error", "ode_test_error")


def _in_flow_coordinates(record: RunRecord) -> RunRecord:
    """A run of old without the errors that it told in data units though its flow acts on other scales."""
    spec = record.spec  # the errors of a classifier are those of its code
    if spec.coordinates != "standard" or spec.task == "classify" or "test_variance" in record.summary:
        return record
    history, summary = dict(record.history), dict(record.summary)
    summary |= {name: None for name in _IN_DATA_UNITS if name in summary} | {"train_error": None}
    if history:
        history["train_error"] = history["data_term"]
        history["test_error"] = [math.nan] * len(history["data_term"])
        summary["train_error"] = history["data_term"][-1] if history["data_term"] else None
    message = record.message.removesuffix(_TRAIN_AGAIN) + _TRAIN_AGAIN
    return replace(record, history=history, summary=summary, message=message)


def _texts(members: Members) -> RunRecord:
    """What spec.json and run.json say, as a record without history and arrays."""
    source = members.source
    texts = parse(members.read("run.json"), f"{source}, run.json", WANTED)
    spec = parse(members.read("spec.json"), f"{source}, spec.json", WANTED)
    return _text_record(spec_in(spec, f"{source}, spec.json"), texts, source)


def _text_record(spec: RunSpec, texts: dict[str, Any], source: str) -> RunRecord:
    fields: dict[str, Any] = {key: texts.get(key) for key in _TEXTS}
    head_in(texts, f"{source}, run.json", "autoencode", VERSION, WANTED)
    summary = texts.get("summary")
    if not isinstance(summary, dict):
        raise InputError(f"{source}, summary", summary, "figures by name")
    record = RunRecord(
        spec=spec,
        summary={key: number_in(value) for key, value in summary.items()},
        labels=tuple(_list(texts.get("labels"), "labels", source)),
        columns=tuple(_list(texts.get("columns"), "columns", source)),
        choice=choice_in(texts.get("choice"), f"{source}, run.json, choice"),
        history={},
        weights={},
        probe={},
        **fields,
    )
    check_texts(record, source)
    check_weight(record.spec, source)
    return record


def _list(value: Any, key: str, source: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{source}, {key}", value, "a list")
    return value


def _in_full(part: Mapping[str, Head], spec: RunSpec) -> dict[str, Head]:
    """What a member says of its arrays, those in half precision as they will be read."""
    return {
        name: head._replace(dtype=_full(name, spec)) if name in HALVED and head.dtype == np.float16 else head
        for name, head in part.items()
    }


def _full(name: str, spec: RunSpec) -> np.dtype[Any]:
    """Type of an array that a file holds in half precision: that of the run, of coordinates float64."""
    return np.dtype(np.float64 if name == "axes" else spec.dtype)


def _arrays(members: Members, name: str, spec: RunSpec) -> dict[str, Array]:
    """The arrays in a member; those in half precision in that of the run, coordinates in float64."""
    with contextlib.suppress(safetensors.SafetensorError, KeyError, ValueError, TypeError):
        found = safetensors.numpy.load(members.read(name))
        for key in HALVED:
            if key in found and found[key].dtype == np.float16:
                found[key] = found[key].astype(_full(key, spec))
        return found
    raise InputError(f"{members.source}, {name}", "damaged", "arrays in the safetensors format")
