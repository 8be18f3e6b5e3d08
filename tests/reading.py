"""Snapshots of a training as the desk of jobs gives them, and scenes as the browser reads them."""

import json
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest


def read_scene(data: bytes) -> dict[str, Any]:
    """A scene, as the browser reads it."""
    length = int.from_bytes(data[:4], "little")
    assert length % 4 == 0
    kinds = {"f4": "<f4", "i2": "<i2", "u1": "u1", "u4": "<u4"}

    def whole(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"at", "shape", "kind"}:
            assert value["at"] % 4 == 0
            count = int(np.prod(value["shape"]))
            found = np.frombuffer(data, kinds[value["kind"]], count, 4 + length + value["at"])
            return found.reshape(value["shape"])
        if isinstance(value, dict):
            return {key: whole(inner) for key, inner in value.items()}
        return [whole(inner) for inner in value] if isinstance(value, list) else value

    return whole(json.loads(data[4 : 4 + length]))


def snapshot(n: int = 40, d: int = 3, k: int = 2, classes: int = 0, **changes: Any) -> dict[str, Any]:
    """A made-up snapshot of n particles."""
    rng = np.random.default_rng(d)
    shot = {
        "inputs": rng.normal(size=(n, d)),
        "targets": rng.normal(size=(n, d)),
        "codes": rng.normal(size=(n, k)),
        "outputs": rng.normal(size=(n, d)),
        "hue": np.linspace(0, 1, n),
        "labels": np.arange(n) % classes if classes else np.empty(0, dtype=int),
        "iteration": 12,
        "version": 3,
    }
    return shot | changes


def shown_scene(at: AppTest) -> dict[str, Any]:
    """The scene of the only player of a page."""
    (part,) = at.get("bidi_component")
    return read_scene(part.proto.bytes)


def places(part: Any, quanta: Any) -> np.ndarray:
    """Positions as the scene says them, from whole numbers in a box."""
    low, high = np.asarray(quanta).T
    return low + (np.asarray(part, float) + 32767) / 65534 * (high - low)
