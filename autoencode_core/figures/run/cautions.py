"""What must be said of an unusual run, in sentences."""

import numpy as np

from autoencode_core.figures.arrays import finite
from autoencode_core.store.record import RunRecord


def cautions(record: RunRecord) -> list[str]:
    """Sentences on what makes a run's pictures unusual; none for an ordinary run.

    Args:
        record: the run.
    """
    inputs = np.nan_to_num(finite(record.probe["inputs"]))
    n, d = inputs.shape
    said = []
    if n == 1:
        said.append("There is only one particle: no spread, no density, no neighbours.")
    elif np.ptp(inputs, axis=0).max() <= 1e-9 * max(1.0, float(np.abs(inputs).max())):
        said.append("All particles are the same point, so that one mark stands for all of them.")
    if d == 1:
        said.append("The data have one component: nothing can be left out.")
    elif record.spec.bottleneck == d:
        said.append("The bottleneck is as wide as the data: at T/2 nothing is dropped, the code is all.")
    lost = int((~_finite(record)).sum())
    if lost:
        said.append(f"{lost:,} of {n:,} particles leave the finite numbers, and with them the picture.")
    return said


def _finite(record: RunRecord) -> np.ndarray:
    """Which particles of the probe stay finite, (n,)."""
    states = np.asarray(record.probe.get("flow_states", ()))
    if states.ndim != 3:
        return np.ones(len(record.probe["inputs"]), bool)
    return np.asarray(np.isfinite(finite(states)).all(axis=(0, 2)))
