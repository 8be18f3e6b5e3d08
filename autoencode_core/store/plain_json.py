"""Plain values as strict JSON and back, and files written whole; whatever is read is taken for hostile."""

import json
import math
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from autoencode_core.errors import InputError
from autoencode_core.knobs import explain
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import Choice

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    struct.error,
)
"""What zipfile raises when it is given a damaged or foreign file."""
END_BYTES = 42
"""Length of the end of a zip file that `contents` reads."""

_BRACKETS = 10_000


_Weight = Annotated[float, Field(ge=0, le=1e3, allow_inf_nan=False)]
_Error = Annotated[float, Field(ge=0)]
_Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Choice(BaseModel):
    weights: Annotated[tuple[_Weight, ...], Field(min_length=1, max_length=64)]
    errors: tuple[tuple[_Error, ...], ...]
    scale: Annotated[tuple[_Scale, ...], Field(min_length=2, max_length=64)]
    by_pca: bool
    rows: Annotated[int, Field(ge=2)]


def dump(value: Any) -> bytes:
    """A value as JSON; the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()


def parse(data: bytes, source: str, wanted: str) -> dict[str, Any]:
    """The object in strict JSON.

    Args:
        data: from anywhere; its size is the caller's to check.
        source: what to call it in a message.
        wanted: what kind of file would be accepted.

    Raises:
        InputError: it is nested too often, not strict JSON, or no object.
    """
    # Each bracket costs far more memory than its byte.
    if data.count(b"[") + data.count(b"{") > _BRACKETS:
        raise InputError(source, "nested too often", wanted)
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(source, f"damaged ({error})", "standard JSON") from None
    if not isinstance(value, dict):
        raise InputError(source, value, "a JSON object")
    return value


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not standard JSON")


def number_out(value: float | None) -> float | str | None:
    """A number as standard JSON, which has no word for NaN and infinity."""
    return value if value is None or math.isfinite(value) else str(float(value))


def number_in(value: Any) -> Any:
    """What `number_out` gave, as the number that it was; other values pass unchanged."""
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, int) and abs(value) > 2**63:
        return math.inf
    return value


def spec_in(value: Any, source: str) -> RunSpec:
    """The spec of a stored run.

    Raises:
        InputError: a knob is wrong; it says which.
    """
    try:
        return RunSpec.model_validate(value, context={"stored": True})
    except ValidationError as error:
        wrong = explain(error)[0]
        raise InputError(f"{source}, {wrong.field}", wrong.value, wrong.allowed) from None


def choice_out(choice: Choice) -> dict[str, Any]:
    """How λ was chosen, as plain values."""
    return {
        "weights": list(choice.weights),
        "errors": [list(map(number_out, row)) for row in choice.errors],
        "scale": list(choice.scale),
        "by_pca": choice.by_pca,
        "rows": choice.rows,
    }


def choice_in(value: Any, source: str) -> Choice | None:
    """What `choice_out` gave, None where λ was not chosen.

    Raises:
        InputError: it cannot be how a λ was chosen.
    """
    if value is None:
        return None
    try:
        told = _Choice.model_validate(value)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ", ".join(map(str, (source, *wrong["loc"])))
        raise InputError(where, wrong["input"], f"what this program writes ({wrong['msg']})") from None
    rows, folds = len(told.weights), len(told.scale)
    if len(told.errors) != rows or any(len(row) != folds for row in told.errors):
        raise InputError(f"{source}, errors", f"{len(told.errors)} rows", f"{rows} rows of {folds}")
    if sorted(set(told.weights), reverse=True) != list(told.weights):
        raise InputError(f"{source}, weights", told.weights, "weights that descend")
    return Choice(**dict(told))


def head_in(texts: dict[str, Any], source: str, form: str, version: int, wanted: str) -> None:
    """Refuse what is of another format, or of a later version of it.

    Raises:
        InputError: it is.
    """
    found = texts.get("version")
    if texts.get("format") != form or not isinstance(found, int):
        raise InputError(source, texts.get("format"), wanted)
    if found > version:
        raise InputError(f"{source}, version", found, f"at most {version}: a newer program wrote this file")


def contents(end: bytes, source: str, wanted: str) -> tuple[int, int]:
    """Number of members of a plain zip file and bytes of its table of contents, before zipfile reads that.

    Args:
        end: the last END_BYTES of the file, or all of it.
        source: what to call it in a message.
        wanted: what would be accepted.

    Raises:
        InputError: it is no zip file, is cut short, has a comment or is of the kind for huge files.
    """
    tail = end[-22:]
    if len(tail) < 22 or tail[:4] != b"PK\x05\x06" or end[-END_BYTES:-22][:4] == b"PK\x06\x07":
        raise InputError(source, "cut short or foreign", wanted)
    entries, table_bytes = struct.unpack("<HI", tail[10:16])
    return entries, table_bytes


def stored_member(name: str, compressed: bool) -> zipfile.ZipInfo:
    """A member of a zip file that does not say when and where it was written."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def write(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
