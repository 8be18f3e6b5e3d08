"""The words of a run's outcome, shared by those who train and those who only read (no torch)."""

from math import isfinite
from typing import Literal, NamedTuple

Status = Literal["finished", "converged", "stopped", "diverged"]
"""All iterations done, stationarity reached, stopped by a person, or no longer finite."""


PATH_NUMBERS = 2**19
"""Most numbers that the controls kept along a training may fill: of wide nets few are kept."""
MOST_SNAPSHOTS = 24
"""Most snapshots of the probe batch that a run keeps."""


class Row(NamedTuple):
    """One recorded iteration.

    Where adam takes batches, cost, data term, training error and ‖∇J‖ are those of the batch that comes
    next, and the test error is that of some particles, as it was looked at last. The last row is of all
    particles, but for ‖∇J‖.

    Attributes:
        iteration: j, 0 is the start.
        cost: J.
        data_term: (1/N) Σ|X_L - y|², in flow coordinates.
        penalty: λ‖θ‖².
        train_error: mean squared distance on the training particles, in flow coordinates: the data term.
        test_error: the same on the test particles.
        gradient_norm: stationarity ‖∇J‖ in L²(0,T).
        step: last step of the method.
        substeps: sub-steps r of a layer; they are doubled where the ODE difference asks for it.
        ode_difference: about the ODE difference, as it was found when it was looked at last; NaN before.
        seconds: since the start of training.
    """

    iteration: int
    cost: float
    data_term: float
    penalty: float
    train_error: float
    test_error: float
    gradient_norm: float
    step: float
    substeps: float
    ode_difference: float
    seconds: float

    @property
    def finite(self) -> bool:
        """Whether cost and gradient are finite numbers."""
        return isfinite(self.cost) and isfinite(self.gradient_norm)


HISTORY = Row._fields
"""Keys of a history, each a list with one entry per recorded iteration."""
