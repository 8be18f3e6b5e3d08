"""A made-up answer of the questions density and push."""

from typing import Any

import numpy as np

from autoencode_core.figures.scenes.density import grid_ranges
from autoencode_core.store.record import RunRecord


def answer(record: RunRecord, axes: int, outside: float = 0.0, few: bool = False) -> dict[str, Any]:
    """What density and push say of a record, with all mass in one cell."""
    frames, bins = record.spec.depth + 2, 8
    if record.spec.task == "classify":
        frames = record.spec.depth // 2 + 2
    values = np.zeros((frames, bins if axes == 2 else 1, bins), np.float32)
    values[:, 0, 3] = 1 - outside
    ranges = grid_ranges(record)
    edges = [np.linspace(*ends, bins + 1) for ends in ranges]
    half = record.spec.depth // 2
    times = np.linspace(0, 3 if frames > half + 2 else 1.5, frames - 1)
    places = np.random.default_rng(1).uniform(*ranges.T, (frames, 30, len(ranges))).astype(np.float32)
    shares = {"on_grid": np.full(frames, 1 - outside), "outside": np.full(frames, outside)}
    return {
        **shares,
        "values": values,
        "samples": values,
        "pushed": values,
        "cells": np.array([8, 64]),
        "lost": np.zeros(frames),
        "total": np.ones(frames),
        "times": np.insert(times, half, times[half]),
        "places": places,
        "pushed_places": places[:, :10],
        "pushed_masses": np.full(10, 0.1, np.float32),
        "deviation": 2e-9,
        "ranges": ranges,
        "x": edges[0],
        "y": edges[1] if axes == 2 else np.empty(0),
        "particles": 500 if few else 30,
    }
