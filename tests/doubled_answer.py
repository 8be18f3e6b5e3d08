"""A made-up answer of the question doubled."""

from typing import Any

import numpy as np


def answer(d: int, k: int, depth: int = 12, n: int = 7) -> dict[str, Any]:
    """A doubled state: x runs to 1 in the encoder and the code on, s of the others in the decoder."""
    half, t = depth // 2, np.arange(depth + 1)
    scale = (1 + np.arange(d)) / d * np.linspace(0.5, 1, n)[:, None]
    states = np.minimum(t, half)[:, None, None] / half * scale
    states[:, :, :k] = t[:, None, None] / half * scale[:, :k]
    shadows = np.maximum(0, t - half)[:, None, None] / half * scale
    shadows[:, :, :k] = 0
    read = (t >= half)[:, None] & (np.arange(d) >= k)
    return {
        "states": states.astype(np.float32),
        "shadows": shadows.astype(np.float32),
        "read": read,
        "kept": np.arange(k),
        "active": np.ones((depth + 1, d), bool),
        "times": np.linspace(0, 3, depth + 1),
        "outputs": np.ones((n, d)),
        "apart": 0.0,
        "speed": 0.5,
        "labels": np.empty(0, int),
        "hue": np.linspace(0, 1, n),
    }
