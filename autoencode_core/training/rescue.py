"""What a training keeps on the host, so that it outlives a device that is lost on the way."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.training.group import Group
from autoencode_core.training.problem import Problem

SECONDS = 1.0
"""Time after which controls are brought to the host again."""


def is_lost(error: RuntimeError) -> bool:
    """Whether an error says that a device no longer answers; one that is full still does."""
    if isinstance(error, torch.OutOfMemoryError):
        return False
    return isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error)


def reason(error: RuntimeError) -> str:
    """What a device said when it was lost, in a line."""
    return str(error).strip().split("\n")[0].rstrip(".")


class Rescue:
    """The latest control on the host of each regime.

    Attributes:
        iterations: that it belongs to, by regime.
        controls: (P,), by regime.
        substeps: of a layer, by regime.
    """

    def __init__(self) -> None:
        self.iterations: dict[int, int] = {}
        self.controls: dict[int, Tensor] = {}
        self.substeps: dict[int, int] = {}
        self._at = -SECONDS

    @property
    def due(self) -> bool:
        """Whether the last controls are old."""
        return time.monotonic() - self._at >= SECONDS

    def keep(self, group: Group, regimes: Sequence[int], last: NDArray[Any]) -> None:
        """Brings the controls of regimes of a group to the host, whose last iterations `last` (R,) says."""
        self._at = time.monotonic()
        controls = group.kept[group.rows(regimes)].cpu()
        for regime, control in zip(regimes, controls, strict=True):
            self.iterations[regime], self.controls[regime] = int(last[regime]), control
            self.substeps[regime] = group.substeps

    def groups(self, problem: Problem) -> list[Group]:
        """The regimes where they were, on the processor.

        Args:
            problem: theirs, whose objectives are laid out there.
        """
        found = []
        for substeps in sorted(set(self.substeps.values())):
            regimes = sorted(regime for regime, own in self.substeps.items() if own == substeps)
            theta = torch.stack([self.controls[regime] for regime in regimes])
            found.append(Group(problem, regimes, theta, substeps))
        return found
