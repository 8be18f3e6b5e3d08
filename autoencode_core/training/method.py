"""What the loop asks of a training method: one iteration at a time, R regimes side by side."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from autoencode_core.training.checkpoint import Tensors
from autoencode_core.training.objective import Cost, Terms

C = TypeVar("C", bound=Cost)


class Method(ABC, Generic[C]):
    """A training method in progress; it knows its own settings, and no run.

    Args:
        objective: what is minimised, for R regimes.
        theta: controls to begin with, (R, P).
        first_step: size of the first step.

    Attributes:
        theta: controls, (R, P).
        terms: cost and its parts at theta.
        gradient: ∇J in L²(0,T) at theta, (R, P).
        step: size of the last step, (R,): τ of pmp, the rate of adam, the step length of lbfgs.
        first_step: size of the first step, as it was told last.
        stalled: (R,) bool, regimes in which no further descent was found.
        partial: whether terms and gradient are those of some of the particles, another part each time.
        runs_ahead: whether an iteration looks at no value, so that several can be on their way at once.
    """

    partial = runs_ahead = False

    def __init__(self, objective: C, theta: Tensor, first_step: float) -> None:
        self.objective, self.theta, self.first_step = objective, theta, first_step
        self.terms, self.gradient = self.measure(theta)
        regimes = theta.shape[0]
        self.step = torch.full((regimes,), first_step, dtype=theta.dtype, device=theta.device)
        self.stalled = torch.zeros(regimes, dtype=torch.bool, device=theta.device)

    def take_over(self, before: "Method[Any]", rows: Tensor) -> None:
        """Takes over what the regimes `rows`, (r,), of another method in progress have learnt of J."""
        self.first_step = before.first_step

    def reweigh(self, more: Tensor) -> None:
        """λ of the objective has changed: cost and gradient become those of the new J.

        Args:
            more: by how much λ is higher in each regime, (R,).
        """
        self.terms, self.gradient = self.measure_again()

    def restep(self, step: float) -> None:
        """Steps begin anew with that size."""
        self.first_step = step

    def state(self, room: int = sys.maxsize) -> dict[str, Tensor]:
        """All that the next iterations depend on, by name; the method changes none of these tensors.

        Args:
            room: bytes that what was learnt of J may take beside θ and ∇J at most; where there is less room,
                the method goes on with a part of it, as well but not to the bit.
        """
        first_step = torch.tensor([self.first_step], dtype=torch.float64)
        own = {"theta": self.theta, "gradient": self.gradient, "step": self.step, "stalled": self.stalled}
        return {**own, "first_step": first_step, **vars(self.terms)}

    def restore(self, state: Tensors) -> None:
        """Goes on from a state that a method of the same objective, or one like it, was in.

        Raises:
            CheckpointRefused: it is none.
        """
        self.terms = Terms(*(state.like(name, term) for name, term in vars(self.terms).items()))
        self.theta, self.gradient = state.like("theta", self.theta), state.like("gradient", self.gradient)
        self.step, self.stalled = state.like("step", self.step), state.like("stalled", self.stalled)
        self.first_step = float(state.take("first_step", torch.float64, (1,)))

    def remember(self) -> Callable[[], None]:
        """What brings the method back to where it stands now, bit for bit."""
        held = Tensors(self.state())
        return lambda: self.restore(held)

    @abstractmethod
    def advance(self, running: Tensor) -> None:
        """One iteration of the regimes that are still running, (R,) bool; the others stay as they are."""

    def measure(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """Cost and gradient at controls (R, P) as the method sees them; `wanted` as in the objective."""
        return self.objective.cost_and_gradient(theta, wanted)

    def measure_again(self) -> tuple[Terms, Tensor]:
        """As `measure` at θ, of the particles that were measured last."""
        return self.measure(self.theta)

    def gradient_norm(self) -> Tensor:
        """Stationarity ‖∇J‖ in L²(0,T), (R,)."""
        return self.objective.inner(self.gradient, self.gradient).sqrt()

    def _take(self, chosen: Tensor, theta: Tensor, terms: Terms, gradient: Tensor) -> None:
        """Moves the chosen regimes to another control whose cost and gradient are known."""
        column = chosen[:, None]
        self.theta = torch.where(column, theta, self.theta)
        self.gradient = torch.where(column, gradient, self.gradient)
        self.terms = terms.where(chosen, self.terms)
