"""What is recorded of R regimes while they train: histories, snapshots, controls on the way."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.store.history import HISTORY, Row
from autoencode_core.training.checkpoint import Tensors
from autoencode_core.training.fidelity import Fidelity
from autoencode_core.training.run import Array, Snapshot

FEWEST_ROWS = 64
"""Iterations that there is room for at first."""


class Recorded:
    """All that is recorded.

    Args:
        regimes: R.

    Attributes:
        last: iteration of each regime's last row, (R,).
        rough: about the ODE difference of each, as it was found last, (R,).
        snapshots: probe batches of each, by iteration.
        paths: controls (P,) of each, by iteration.
        found: the ODE difference and what belongs to it, of those that have ended.
    """

    def __init__(self, regimes: int) -> None:
        self.last, self.rough = np.zeros(regimes, dtype=int), np.full(regimes, math.nan)
        self.snapshots: list[dict[int, Snapshot]] = [{} for _ in range(regimes)]
        self.paths: list[dict[int, Array]] = [{} for _ in range(regimes)]
        self.found: dict[int, Fidelity] = {}
        self._table = _empty(FEWEST_ROWS, regimes)

    def record(self, regimes: Array, iteration: int, looked: Array, substeps: int, seconds: float) -> Array:
        """Rows of some regimes, (r, columns of a Row).

        Args:
            regimes: their numbers, (r,).
            iteration: that they have made.
            looked: what a Row has from cost to step, (r, 7).
            substeps: of a layer.
            seconds: since the start.
        """
        rows = np.empty((len(regimes), len(HISTORY)))
        rows[:, 0], rows[:, 1:-3] = iteration, looked
        rows[:, -3], rows[:, -2], rows[:, -1] = substeps, self.rough[regimes], seconds
        if iteration == len(self._table):
            self._table = np.concatenate([self._table, _empty(*self._table.shape[:2])])
        self._table[iteration, regimes] = rows
        self.last[regimes] = iteration
        return rows

    def row(self, regime: int, iteration: int | None = None) -> Row:
        """The last row of a regime, or that of an iteration."""
        row = Row(*self._table[self.last[regime] if iteration is None else iteration, regime].tolist())
        return row._replace(iteration=int(row.iteration), substeps=int(row.substeps))

    def history(self, regime: int) -> Array:
        """The rows of a regime so far, (iterations + 1, columns of a Row)."""
        return self._table[: self.last[regime] + 1, regime].copy()

    def cut(self, kept: Mapping[int, int]) -> None:
        """Forgets what came after an iteration of each regime."""
        for regime, iteration in kept.items():
            self.last[regime] = iteration
            for shown in self.snapshots[regime], self.paths[regime]:
                for late in [n for n in shown if n > iteration]:
                    del shown[late]
        self.found.clear()

    def state(self) -> dict[str, Tensor]:
        """All of it, the regimes one after the other."""
        shown, controls = _flat(self.snapshots), _flat(self.paths)
        found = [[regime, *map(float, each)] for regime, each in self.found.items()]
        state: dict[str, Array] = {
            "last": self.last,
            "rough": self.rough,
            "rows": np.concatenate([self.history(regime) for regime in range(len(self.last))]),
            "found": np.array(found, dtype=float).reshape(-1, 4),
            "snapshots of": _places(shown),
            "controls of": _places(controls),
        }
        if shown:
            state["codes"] = np.stack([each.codes for *_, each in shown])
            state["outputs"] = np.stack([each.outputs for *_, each in shown])
        if controls:
            state["controls"] = np.stack([each for *_, each in controls])
        return {name: torch.from_numpy(array) for name, array in state.items()}

    def restore(
        self, state: Tensors, iterations: int, size: int, shown: Sequence[int], number: torch.dtype
    ) -> None:
        """Goes on from what was recorded.

        Args:
            state: as `state` gives it.
            iterations: most that there may be.
            size: numbers P of a control.
            shown: particles of the probe batch, components of their codes and of their outputs.
            number: precision of the controls.

        Raises:
            CheckpointRefused: it is of other regimes, or its parts do not fit each other.
        """
        regimes = len(self.last)
        self.last = state.whole("last", (regimes,), 0, iterations).numpy()
        self.rough = state.take("rough", torch.float64, (regimes,)).numpy()
        rows = state.take("rows", torch.float64, (int((self.last + 1).sum()), len(HISTORY))).numpy()
        self._table = _empty(max(FEWEST_ROWS, int(self.last.max()) + 1), regimes)
        for regime, own in enumerate(np.split(rows, np.cumsum(self.last + 1)[:-1])):
            if not np.array_equal(own[:, 0], np.arange(len(own))):
                raise state.refused("rows", own[:, 0].tolist(), "iterations from 0, one by one")
            self._table[: len(own), regime] = own
        for regime, *numbers in state.take("found", torch.float64, (None, 4)):
            difference, error, settled = numbers
            exact = Fidelity(difference.clone(), error.clone(), settled > 0)
            self.found[_of(float(regime), regimes, state)] = exact
        places, (particles, *components) = _placed(state, "snapshots of", regimes), shown
        if places:
            parts = [
                state.take(name, torch.float32, (len(places), particles, width)).numpy()
                for name, width in zip(("codes", "outputs"), components, strict=True)
            ]
            for (regime, iteration), *each in zip(places, *parts, strict=True):
                self.snapshots[regime][iteration] = Snapshot(*each)
        places = _placed(state, "controls of", regimes)
        if places:
            controls = state.take("controls", number, (len(places), size)).numpy()
            for (regime, iteration), control in zip(places, controls, strict=True):
                self.paths[regime][iteration] = control


def _empty(rows: int, regimes: int) -> NDArray[np.float64]:
    return np.full((rows, regimes, len(HISTORY)), math.nan)


def _flat(parts: Sequence[Mapping[int, Any]]) -> list[tuple[int, int, Any]]:
    """(regime, iteration, what it has there)."""
    return [(regime, iteration, each) for regime, own in enumerate(parts) for iteration, each in own.items()]


def _places(flat: Sequence[tuple[int, int, Any]]) -> Array:
    return np.array([place for *place, _ in flat], dtype=np.int64).reshape(-1, 2)


def _placed(state: Tensors, name: str, regimes: int) -> list[tuple[int, int]]:
    """Regimes and iterations of what was kept."""
    places = state.take(name, torch.int64, (None, 2)).tolist()
    return [(_of(regime, regimes, state), iteration) for regime, iteration in places]


def _of(regime: float, regimes: int, state: Tensors) -> int:
    if regime not in range(regimes):
        raise state.refused("regime", regime, f"one of {regimes}")
    return int(regime)
