"""Untrained runs: what analyses compute does not depend on how good a run is."""

from typing import Any

import torch

from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.spec import RunSpec
from autoencode_core.training.problem import Regime
from autoencode_core.training.run import Run


def untrained(control: float = 1.0, **knobs: Any) -> Run:
    """A run of a spec with a random control of that size, biases included."""
    spec = RunSpec(
        **{"dataset": "moons", "particles": 60, "depth": 6, "horizon": 2.0, "dtype": "float64", **knobs}
    )
    regime = Regime.of(spec)
    vector = regime.start.control.flatten()
    noise = torch.randn(vector.shape, generator=torch.Generator().manual_seed(7), dtype=vector.dtype)
    source, start = regime.data.source, regime.start
    model = AutoencODE(spec, control * (vector + 0.1 * noise), start.coordinates, start.order)
    names = source.label_names
    return Run(spec, model, {}, "finished", "", {}, dict(regime.probe), names, source.columns)
