"""The schemes: explicit Runge-Kutta tableaus, and the one way to advance and to pull back through them.

Importable without torch. To add one: an entry of `SCHEMES`; RunSpec, the engines, the analyses and the tests
then know it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from autoencode_core.errors import InputError

State = TypeVar("State", bound=Any)
"""A tensor, an array or a number: what can be added and multiplied by a number."""

MOST_SUBSTEPS = 10_000
"""Most sub-steps of a layer that an analysis may take; a run has at most 64."""


@dataclass(frozen=True)
class Scheme:
    """One step x⁺ = x + h Σ_s b_s F(X_s) over the stages X_s = x + h Σ_{j<s} a_sj F(X_j).

    Attributes:
        name: as RunSpec.scheme has it.
        title: in sentences and legends.
        order: of convergence.
        a: rows of the tableau, row s has s entries.
        b: weights.

    Source:
        E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), section II.1;
        docs/theory.md, sections 2 and 3.
    """

    name: str
    title: str
    order: int
    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]

    @property
    def stages(self) -> int:
        """Evaluations of the field in one step."""
        return len(self.b)

    @cached_property
    def matrix(self) -> tuple[tuple[float, ...], ...]:
        """The rows of a filled up with zeros, (S, S)."""
        return tuple(row + (0.0,) * (self.stages - len(row)) for row in self.a)

    def advance(self, velocity: Callable[[int, State], State], x: State, h: float) -> State:
        """One step of length h; linearised just the same, with ∂F along the stages as the velocity.

        Args:
            velocity: (s, X): the field at stage s, whose state is X.
            x: state at its start.
            h: length of the step in flow time.
        """
        speeds: list[State] = []
        for s, row in enumerate(self.a):
            speeds.append(velocity(s, moved(x, h, row, speeds)))
        return moved(x, h, self.b, speeds)

    def pull_back(self, pullback: Callable[[int, State], State], p: State, h: float) -> State:
        """The costate at the step's start, exactly: κ_s = h b_s p + h Σ_{j>s} a_js ℓ_j, then p + Σ_s ℓ_s.

        Args:
            pullback: (s, κ_s): ℓ_s = (∂_x F(X_s))^T κ_s. It is called from the last stage to the first.
            p: costate at the end of the step.
            h: length of the step.

        Source:
            docs/theory.md, section 3.
        """
        back: list[State] = []
        for s in reversed(range(self.stages)):
            weights = (self.b[s], *(self.a[j][s] for j in range(s + 1, self.stages)))
            back.insert(0, pullback(s, combined(h, weights, [p, *back])))
        for part in reversed(back):
            p = p + part
        return p

    def growth(self, z: float) -> float:
        """Upper bound of the Lipschitz constant of one step where that of the field is z/h."""
        speeds: list[float] = []
        for row in self.a:
            speeds.append(1 + z * sum(abs(w) * v for w, v in zip(row, speeds, strict=True)))
        return 1 + z * sum(abs(w) * v for w, v in zip(self.b, speeds, strict=True))


def moved(x: State, h: float, weights: Sequence[float], speeds: Sequence[State]) -> State:
    """X + h Σ w k; the one product with Euler's weight 1 as a residual network has it."""
    for weight, speed in zip(weights, speeds, strict=True):
        if weight:
            x = x.add(speed, alpha=h * weight) if hasattr(x, "addmm") else x + h * weight * speed
    return x


def combined(h: float, weights: Sequence[float], parts: Sequence[State]) -> State:
    """The sum h Σ w x."""
    total: Any = (h * weights[0]) * parts[0]
    for weight, part in zip(weights[1:], parts[1:], strict=True):
        if weight:
            total = total + (h * weight) * part
    return total  # type: ignore[no-any-return]


SCHEMES: dict[str, Scheme] = {
    "euler": Scheme("euler", "Euler", 1, ((),), (1.0,)),
    "midpoint": Scheme("midpoint", "midpoint", 2, ((), (0.5,)), (0.0, 1.0)),
    "rk4": Scheme("rk4", "RK4", 4, ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}
"""The schemes by the name that RunSpec.scheme uses."""


def scheme(name: str, substeps: int = 1) -> Scheme:
    """The scheme of that name, for that many sub-steps a layer.

    Raises:
        InputError: there is no such scheme, or substeps is no whole number from 1 to 10000.
    """
    if name not in SCHEMES:
        raise InputError("scheme", name, ", ".join(SCHEMES))
    whole = isinstance(substeps, int) and not isinstance(substeps, bool)
    if not whole or not 1 <= substeps <= MOST_SUBSTEPS:
        raise InputError("substeps", substeps, f"a whole number from 1 to {MOST_SUBSTEPS}")
    return SCHEMES[name]
