"""A scene as bytes: a JSON header, then the arrays that it names; assets/player/scene.js reads it."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NOWHERE = -32768
"""The quantised place of a particle that is not finite."""

_STEPS = 65534
_KINDS = {"f4": "<f4", "i2": "<i2", "u1": "u1", "u4": "<u4"}


def encode(scene: Mapping[str, Any]) -> bytes:
    """A scene as bytes.

    Layout: uint32 length of the header, the header padded with spaces to a multiple of 4, the arrays, each
    padded to a multiple of 4. In the header an array is {"at", "shape", "kind"}.

    Args:
        scene: JSON values, and numpy arrays of float32, int16, uint8 or uint32 at any depth.

    Raises:
        TypeError: an array is of another kind.
    """
    arrays = bytearray()

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return _append(arrays, value)
        if isinstance(value, Mapping):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return value.item() if isinstance(value, np.generic) else value

    text = json.dumps(plain(scene), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + bytes(arrays)


def header(data: bytes) -> dict[str, Any]:
    """The header of an encoded scene; its arrays are references."""
    found: dict[str, Any] = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    return found


def _append(arrays: bytearray, value: Array) -> dict[str, Any]:
    kind = f"{value.dtype.kind}{value.dtype.itemsize}"
    if kind not in _KINDS:
        raise TypeError(f"an array of {value.dtype} cannot be sent; allowed are {', '.join(_KINDS)}")
    raw = np.ascontiguousarray(value, _KINDS[kind]).tobytes()
    reference = {"at": len(arrays), "shape": list(value.shape), "kind": kind}
    arrays += raw + bytes(-len(raw) % 4)
    return reference


def quanta(points: Array) -> Array:
    """Ranges (c, 2) that hold all finite points (..., c), for `quantised`; an empty one becomes 1 wide."""
    flat = np.asarray(points, float).reshape(-1, points.shape[-1])
    some = np.isfinite(flat)
    low = np.where(some, flat, np.inf).min(axis=0, initial=np.inf)
    high = np.where(some, flat, -np.inf).max(axis=0, initial=-np.inf)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    tiny = 1e-9 * np.maximum(1.0, np.abs(low))
    return np.stack([low, np.where(high - low > tiny, high, low + 1.0)], axis=1)


def quantised(points: Array, ranges: Array) -> Array:
    """Points as int16: value = low + (q + 32767) / 65534 · (high - low).

    Args:
        points: (..., c); what is not finite becomes NOWHERE, what is out of range goes to its edge.
        ranges: (c, 2).

    Returns:
        (..., c) int16.
    """
    values = np.asarray(points, float)
    low, high = ranges[:, 0], ranges[:, 1]
    with np.errstate(invalid="ignore"):
        steps = np.rint((np.clip(values, low, high) - low) / (high - low) * _STEPS) - _STEPS // 2
    there = np.isfinite(values).all(axis=-1, keepdims=True)
    return np.where(there, steps, NOWHERE).astype(np.int16)
