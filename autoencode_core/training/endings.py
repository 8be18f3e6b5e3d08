"""Why a regime's training ends, and in which iteration."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.spec import RunSpec
from autoencode_core.store.history import HISTORY, Row, Status
from autoencode_core.training.checkpoint import Tensors
from autoencode_core.training.group import Group, at_rest
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import Array
from autoencode_core.words import as_set, measured

NEGLIGIBLE = 1e-4
"""A stall counts as converged where a unit step along -∇J promises at most this share of the cost."""

OFF, OFF_SHARE, OFF_LEAST = 4.0, 0.1, 25
"""A run has run off whose data term was that many times the larger one of start and rest in that share of its
iterations, one after the other, and in no fewer than so many."""

DATA_TERM, NORM = HISTORY.index("data_term"), HISTORY.index("gradient_norm")


class Endings:
    """Which regimes have ended, and why.

    Args:
        spec: of the regimes, whose λ and seeds may differ.
        train: their objective.

    Attributes:
        of: status and message of each regime, None while it runs.
        rest: data term of each regime at θ = 0.
        high: iterations, one after the other, in which each regime's data term has been far too high, (R,).
    """

    def __init__(self, spec: RunSpec, train: Objective) -> None:
        self.spec, self.rest = spec, at_rest(train).cpu().double().numpy()
        self.of: list[tuple[Status, str] | None] = [None] * len(self.rest)
        self.high, self._bound = np.zeros(len(self.rest), dtype=int), np.zeros(0)

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which regimes have not ended, (R,)."""
        return np.array([ending is None for ending in self.of])

    def due(
        self,
        group: Group,
        regimes: Array,
        rows: Array,
        sound: NDArray[np.bool_],
        stalled: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Which regimes end with an iteration, (r,) bool; to be asked once of each iteration.

        Args:
            group: that they train in.
            regimes: their numbers, (r,).
            rows: what was recorded of them, (r, columns of a Row).
            sound: whose cost and gradient are finite numbers, (r,).
            stalled: in which no further descent was found, (r,).
        """
        if not len(self._bound):
            self._bound = OFF * np.maximum(self.rest, rows[:, DATA_TERM])
        far = rows[:, DATA_TERM] > self._bound[regimes]
        self.high[regimes] = np.where(far, self.high[regimes] + 1, 0)
        still = (rows[:, NORM] <= self.spec.tolerance) & (not group.method.partial)
        last = rows[:, 0] == self.spec.iterations
        ends: NDArray[np.bool_] = ~sound | self._off(regimes) | still | stalled | last
        return ends

    def state(self) -> dict[str, Tensor]:
        """What is counted; why regimes have ended is in `of`."""
        return {"high": torch.from_numpy(self.high), "bound": torch.from_numpy(self._bound)}

    def restore(self, of: Sequence[tuple[Status, str] | None], state: Tensors) -> None:
        """Goes on from what was counted, and what had ended.

        Raises:
            CheckpointRefused: it is of other regimes.
        """
        regimes = len(self.of)
        if len(of) != regimes:
            raise state.refused("of", len(of), f"{regimes} regimes")
        self.of = list(of)
        self.high = state.whole("high", (regimes,), 0, self.spec.iterations + 1).numpy()
        self._bound = state.take("bound", torch.float64, (regimes,)).numpy()

    def end(self, group: Group, regime: int, row: Row, stalled: bool) -> None:
        """Ends a regime, which is due, with an iteration that its group's method has just made."""
        self.of[regime] = self._ending(group, regime, row, stalled)

    def _off(self, regimes: Array) -> NDArray[np.bool_]:
        """Whether the data term has been far above that of start and rest for long."""
        off: NDArray[np.bool_] = self.high[regimes] >= max(OFF_LEAST, OFF_SHARE * self.spec.iterations)
        return off

    def _ending(self, group: Group, regime: int, row: Row, stalled: bool) -> tuple[Status, str]:
        spec, iteration, norm = self.spec, row.iteration, row.gradient_norm
        if not row.finite:
            cause = group.train.cause_of_divergence(group.method.theta, group.regimes.index(regime))
            # At 0 no step was taken.
            step = f"first step (now {group.method.first_step:g}), " if iteration else ""
            return "diverged", (
                f"Diverged at iteration {iteration}: {cause}. Try a smaller {step}"
                f"initial scale (now {as_set(spec.init_scale)}) or horizon (now {spec.horizon:g})."
            )
        if bool(self._off(np.array([regime]))[0]):
            return "diverged", (
                f"Ran off: at iteration {iteration} the data term has been over {OFF:g} times what it is "
                f"without control for {self.high[regime]} iterations. {remedy(spec)}"
            )
        if norm <= spec.tolerance and not group.method.partial:
            return (
                "converged",
                f"Converged after {iteration} iterations: ‖∇J‖ = {measured(norm, 2)} is within the "
                "tolerance.",
            )
        if stalled and norm**2 <= NEGLIGIBLE * max(1.0, row.cost):
            return "converged", (
                f"Converged after {iteration} iterations: no step lowers J any further in {spec.dtype} "
                f"(‖∇J‖ = {measured(norm, 2)})."
            )
        if stalled:
            return "finished", (
                f"Ended after {iteration} iterations: {spec.method} finds no step that lowers the cost, far "
                f"from stationary (‖∇J‖ = {measured(norm, 2)}). Try a smaller initial scale or horizon, "
                "or float64."
            )
        where = " on the last batch" if group.method.partial else ""
        return "finished", f"All {iteration} iterations done (‖∇J‖ = {measured(norm, 2)}{where})."


def remedy(spec: RunSpec) -> str:
    """What to try after a training that made things worse."""
    if spec.method == "adam":
        return f"Try a smaller first step (now {as_set(spec.learning_rate)})."
    return f"Try a smaller initial scale (now {as_set(spec.init_scale)})."
