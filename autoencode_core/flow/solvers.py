"""One-step methods for the held control: Euler (the residual network itself), midpoint, RK4."""

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from autoencode_core.errors import InputError

Velocity = Callable[[Tensor], Tensor]


class Solver(Protocol):
    """A one-step method with its declared order of convergence."""

    order: int

    def __call__(self, velocity: Velocity, x: Tensor, step: float) -> Tensor:
        """The state one step later, for an autonomous velocity field."""
        ...


class Euler:
    """x + h F(x)."""

    order = 1

    def __call__(self, velocity: Velocity, x: Tensor, step: float) -> Tensor:
        return x.add(velocity(x), alpha=step)


class Midpoint:
    """x + h F(x + h/2 F(x))."""

    order = 2

    def __call__(self, velocity: Velocity, x: Tensor, step: float) -> Tensor:
        return x.add(velocity(x.add(velocity(x), alpha=step / 2)), alpha=step)


class RungeKutta4:
    """The classical Runge-Kutta method of order 4."""

    order = 4

    def __call__(self, velocity: Velocity, x: Tensor, step: float) -> Tensor:
        k1 = velocity(x)
        k2 = velocity(x.add(k1, alpha=step / 2))
        k3 = velocity(x.add(k2, alpha=step / 2))
        k4 = velocity(x.add(k3, alpha=step))
        return x.add(k1 + 2 * k2 + 2 * k3 + k4, alpha=step / 6)


SOLVERS: dict[str, Solver] = {"euler": Euler(), "midpoint": Midpoint(), "rk4": RungeKutta4()}
"""The methods by name."""


def solver(name: str, substeps: int = 1) -> Solver:
    """The method of that name, for that many sub-steps a layer.

    Raises:
        InputError: there is no such method, or substeps is no whole number from 1 to 10000.
    """
    if name not in SOLVERS:
        raise InputError("method", name, ", ".join(SOLVERS))
    if not isinstance(substeps, int) or not 1 <= substeps <= 10_000:
        raise InputError("substeps", substeps, "a whole number from 1 to 10000")
    return SOLVERS[name]
