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
from autoencode_core.store.choice import choice_in, choice_out
from autoencode_core.store.folder import write_to_disk
from autoencode_core.store.record import Array, RunRecord
from autoencode_core.store.stored_spec import spec_in
from autoencode_core.store.strict_json import dump, head_in, number_in, number_out, parse
from autoencode_core.store.validation import check, check_texts, check_weight
from autoencode_core.store.zip_members import END_BYTES, ZIP_ERRORS, contents, stored_member
from autoencode_core.words import megabytes

EXTENSION = ".autoencode"
"""Ending of a run file."""
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
MOST_BYTES = 200_000_000
"""Largest run file that is read."""
LIMITS: Mapping[str, int] = {
    "spec.json": 1_000_000,
    "run.json": 4_000_000,
    "history.json": 32_000_000,
    "weights.safetensors": 400_000_000,
    "probe.safetensors": 400_000_000,
}
"""The members and how many bytes each may have when unpacked."""

_SMALL = ("spec.json", "run.json")
_TEXTS = ("status", "message", "name", "created")
_WANTED = f"an {EXTENSION} file as this program writes it"
_HEADER_BYTES = 65_536
_TABLE_BYTES = 4096


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
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in _members(record, half).items():
            archive.writestr(stored_member(name, compressed=True), data)
    if buffer.tell() > MOST_BYTES:
        raise InputError("run", f"a file of {megabytes(buffer.tell())}", f"at most {megabytes(MOST_BYTES)}")
    return buffer.getvalue()


def unpack(data: bytes, source: str = "file") -> RunRecord:
    """The run in the bytes of an .autoencode file.

    Args:
        data: at most 200 MB, from anywhere.
        source: what to call the file in a message.

    Raises:
        InputError: the file is damaged, foreign, too large or newer than this program; it says where.
    """
    return _record(_unzip(data, tuple(LIMITS), source), source)


def unpack_summary(data: bytes, source: str = "file") -> RunRecord:
    """The run in the bytes of an .autoencode file, without history and arrays; raises like `unpack`."""
    return _in_flow_coordinates(_texts(_unzip(data, _SMALL, source), source))


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
        _check_size(len(data), name, "run")
    _texts(members, "run")
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
    return _record(_read(Path(path), tuple(LIMITS), source), source)


def read_summary(path: str | os.PathLike[str], source: str = "run") -> RunRecord:
    """The run in a folder, without history and arrays; raises like `unpack`."""
    return _in_flow_coordinates(_texts(_read(Path(path), _SMALL, source), source))


def rewrite_name(path: str | os.PathLike[str], name: str) -> None:
    """Give the run in a folder another name, atomically; raises like `unpack`."""
    run_file = Path(path) / "run.json"
    texts = parse(_read(Path(path), ("run.json",), "run")["run.json"], "run, run.json", _WANTED)
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
        _check_size(len(data), name, "run")
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


def _unzip(data: bytes, names: tuple[str, ...], source: str) -> dict[str, bytes]:
    if len(data) > MOST_BYTES:
        raise InputError(source, f"{len(data)} bytes", f"at most {MOST_BYTES} bytes")
    _check_directory(data, source)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {info.filename: info for info in archive.infolist()}
            if len(archive.infolist()) != len(LIMITS) or set(entries) != set(LIMITS):
                raise InputError(source, f"holds {', '.join(entries)}", f"exactly {', '.join(LIMITS)}")
            for name, info in entries.items():
                if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise InputError(f"{source}, {name}", "encrypted or packed in another way", _WANTED)
                _check_size(info.file_size, name, source)
            return {name: archive.read(entries[name]) for name in names}
    except ZIP_ERRORS as error:
        if isinstance(error, InputError):
            raise
        raise InputError(source, f"damaged ({error})", _WANTED) from None


def _check_directory(data: bytes, source: str) -> None:
    """Refuse what is no plain zip with a short table of contents, before zipfile reads that table."""
    entries, table_bytes = contents(data[-END_BYTES:], source, _WANTED)
    if entries != len(LIMITS) or table_bytes > _TABLE_BYTES:
        raise InputError(source, f"a zip file with {entries} members", f"exactly {', '.join(LIMITS)}")


def _read(path: Path, names: tuple[str, ...], source: str) -> dict[str, bytes]:
    found = {}
    for name in names:
        try:
            _check_size((path / name).stat().st_size, name, source)
            found[name] = (path / name).read_bytes()
        except OSError as error:
            raise InputError(
                f"{source}, {name}", error.strerror or "unreadable", "a file that can be read"
            ) from None
    return found


def _check_size(size: int, name: str, source: str) -> None:
    if size > LIMITS[name]:
        raise InputError(f"{source}, {name}", f"{size} bytes", f"at most {LIMITS[name]} bytes")


def _record(members: Mapping[str, bytes], source: str) -> RunRecord:
    history, texts = (
        parse(members["history.json"], f"{source}, history.json", _WANTED),
        _texts(members, source),
    )
    if "iteration" in history and "substeps" not in history:  # written before they could change
        rows = len(_list(history["iteration"], "iteration", source))
        history |= {"substeps": [texts.spec.substeps] * rows, "ode_difference": [math.nan] * rows}
    record = replace(
        texts,
        history={key: [number_in(x) for x in _list(column, key, source)] for key, column in history.items()},
        weights=_arrays(members["weights.safetensors"], f"{source}, weights.safetensors", texts.spec),
        probe=_arrays(members["probe.safetensors"], f"{source}, probe.safetensors", texts.spec),
    )
    check(record, source)
    return _in_flow_coordinates(record)


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


def _texts(members: Mapping[str, bytes], source: str) -> RunRecord:
    """What spec.json and run.json say, as a record without history and arrays."""
    texts = parse(members["run.json"], f"{source}, run.json", _WANTED)
    fields: dict[str, Any] = {key: texts.get(key) for key in _TEXTS}
    head_in(texts, f"{source}, run.json", "autoencode", VERSION, _WANTED)
    summary = texts.get("summary")
    if not isinstance(summary, dict):
        raise InputError(f"{source}, summary", summary, "figures by name")
    record = RunRecord(
        spec=spec_in(parse(members["spec.json"], f"{source}, spec.json", _WANTED), f"{source}, spec.json"),
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


def _arrays(data: bytes, source: str, spec: RunSpec) -> dict[str, Array]:
    """The arrays in a member; those in half precision in that of the run, coordinates in float64."""
    header = int.from_bytes(data[:8], "little")
    if header > _HEADER_BYTES:
        raise InputError(source, f"a header of {header} bytes", f"at most {_HEADER_BYTES} bytes")
    with contextlib.suppress(safetensors.SafetensorError, KeyError, ValueError, TypeError):
        found = safetensors.numpy.load(data)
        for name in HALVED:
            if name in found and found[name].dtype == np.float16:
                found[name] = found[name].astype(np.float64 if name == "axes" else spec.dtype)
        return found
    raise InputError(source, "damaged", "arrays in the safetensors format")
