"""States and costates of a run's training particles, at any control of its architecture."""

import numpy as np
from torch import Tensor

from autoencode_core.analysis.regimes.spectrum import ModelOnParticles, finite
from autoencode_core.errors import InputError
from autoencode_core.training.curvature import numbers_kept
from autoencode_core.training.hamiltonian import StatesAndCostates, hamiltonians, layer_squares, shoot
from autoencode_core.training.run import Run

KEPT = 2**28
"""Bytes of states and costates that are kept; of more particles every m-th one is taken."""


class Shooting:
    """A run's training particles with their states and costates at any control of its architecture.

    Args:
        run: the run.

    Attributes:
        place: model and particles, in double precision.
        x, y: states at t = 0 (1, d, n) and targets (1, a, n), engine layout.
        note: what a person must know of the particles.

    Raises:
        InputError: the run diverged.
    """

    def __init__(self, run: Run) -> None:
        self.place, self.weight = ModelOnParticles(run), run.spec.weight
        self.arch, self.step = self.place.model.architecture, self.place.step
        count, most = self.place.x.shape[2], KEPT // (8 * numbers_kept(self.place.model.architecture))
        every = -(-count // max(1, most))
        self.x, self.y, self.note = self.place.x[:, :, ::every], self.place.y[:, :, ::every], self.place.note
        if every > 1:
            words = f"Sums are over {self.x.shape[2]} of the {count} particles, evenly chosen."
            self.note = " ".join(filter(None, (self.note, words)))

    @property
    def theta(self) -> Tensor:
        """The run's control, (P,)."""
        return self.place.model.control.vector

    def shoot(self, theta: Tensor) -> StatesAndCostates:
        """States and costates at a control, (P,).

        Raises:
            InputError: they are no finite numbers there.
        """
        held = shoot(self.arch, theta, self.x, self.y)
        if not finite(held.gradient) or not np.isfinite(held.data_term):
            raise InputError("run", "a gradient that is not finite", "a run that did not diverge")
        return held

    def cost(self, theta: Tensor, held: StatesAndCostates) -> float:
        """J at a control, (P,)."""
        return held.data_term + self.weight * self.step * float(theta.square().sum())

    def slopes(self, theta: Tensor, held: StatesAndCostates) -> Tensor:
        """|∇J_n| of every layer, (L,)."""
        return layer_squares(self.arch, held.gradient + 2 * self.weight * theta).sqrt()

    def values(self, theta: Tensor, held: StatesAndCostates) -> Tensor:
        """H_n at a control (P,), states and costates frozen, (L,)."""
        return hamiltonians(self.arch, theta, held) - self.weight * layer_squares(self.arch, theta)
