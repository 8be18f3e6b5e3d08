"""Fingerprints: hashes of plain values and of runs, by what lies in them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.store.record import RunRecord


def fingerprint(value: Any) -> str:
    """A hash of a plain value: what lies in it, not where.

    Args:
        value: numbers, text, None, numpy arrays, and lists and dicts of those.

    Raises:
        InputError: it holds something else.
    """
    sha = hashlib.sha256()
    _feed(sha, value, "value")
    return sha.hexdigest()[:32]


def _feed(sha: Any, value: Any, name: str) -> None:
    """Feed a value with its kind and its length, so that no two values give the same bytes."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        sha.update(f"array {value.dtype.str} {value.shape};".encode())
        sha.update(np.ascontiguousarray(value).view(np.uint8).data if value.size else b"")
    elif isinstance(value, Mapping):
        sha.update(f"dict {len(value)};".encode())
        for key in sorted(value, key=str):
            _feed(sha, str(key), name)
            _feed(sha, value[key], str(key))
    elif isinstance(value, list | tuple):
        sha.update(f"list {len(value)};".encode())
        for item in value:
            _feed(sha, item, name)
    elif value is None or isinstance(value, bool | int | float | str):
        text = json.dumps(value).encode()
        sha.update(f"plain {len(text)};".encode())
        sha.update(text)
    else:
        raise InputError(name, type(value).__name__, "numbers, text, numpy arrays, lists and dicts of those")


def content(record: RunRecord, named: bool) -> dict[str, Any]:
    """What a run is made of, as a plain value.

    Args:
        record: the run.
        named: whether its name counts.
    """
    return {
        "spec": record.spec.model_dump_json(),
        "outcome": [record.status, record.message, record.labels, record.columns],
        "name": [record.name, record.created] if named else None,
        "summary": record.summary,
        "history": {key: np.asarray(column, dtype=float) for key, column in record.history.items()},
        "weights": record.weights,
        "probe": record.probe,
    }
