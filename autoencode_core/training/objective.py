"""J(θ) = (1/N) Σ|X_L - y|² + λ‖θ‖² and its gradient in L²(0,T), for R regimes at once."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.autoencode import AutoencODE, Points
from autoencode_core.flow.control import Control
from autoencode_core.training.device import step_flops
from autoencode_core.training.engine import Engine, engine_again, engine_for
from autoencode_core.training.evaluation_points import EvaluationPoints
from autoencode_core.training.per_regime import dots
from autoencode_core.training.streamed import Streamed
from autoencode_core.words import measured

TOGETHER_FLOPS = 1e10
"""Flops of all regimes' gradients below which a card computes those that are not wanted too: it takes a part
of a millisecond, where to look how many are wanted is to wait, and each number of them is laid out anew."""
OVERFLOW = 1e18
"""A state beyond this is named as the cause of a divergence: its square is about to leave float32."""


@dataclass(frozen=True)
class Terms:
    """The cost and its parts, each (R,); the data term is the error in flow coordinates."""

    cost: Tensor
    data_term: Tensor
    penalty: Tensor

    def where(self, chosen: Tensor, other: "Terms") -> "Terms":
        """These terms in the chosen regimes, (R,) bool, and the other ones elsewhere."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Terms(*(torch.where(chosen, mine, theirs) for mine, theirs in pairs))


class Cost(Protocol):
    """What a gradient method minimises: R costs side by side, each of P numbers of its own."""

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """Inner product in which gradients are meant, (R, P), (R, P) -> (R,)."""

    def cost_and_gradient(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """Costs and gradients (R, P) at places (R, P); 0 where they are not wanted, (R,) bool."""


class Objective:
    """The cost on one set of particles.

    Args:
        arch: the architecture.
        x: states at t = 0, engine layout (R, d, N), or (1, d, N) where all regimes share them; where they are
            streamed, they lie elsewhere than λ.
        y: targets in the components that the last controlled layer drives, (R or 1, a, N).
        tikhonov: λ of each regime, (R,).
        engine: what sums over the particles; chosen by size by default.
    """

    def __init__(
        self,
        arch: Architecture,
        x: Tensor,
        y: Tensor,
        tikhonov: Tensor,
        engine: Engine | None = None,
    ) -> None:
        self.arch, self.x, self.y = arch, x, y
        self.tikhonov = tikhonov
        self.engine = engine or engine_for(arch, x)
        flops = step_flops(arch, x.shape[2], len(tikhonov))
        self.all_at_once = tikhonov.device.type == "cuda" and flops < TOGETHER_FLOPS

    @property
    def particles(self) -> int:
        """Number of particles N."""
        return self.x.shape[2]

    def batch(self, indices: Tensor) -> "Objective":
        """The cost on some of the particles, (R, B) indices: each regime its own."""
        rows, device = indices[:, None, :].to(self.x.device), self.tikhonov.device
        x = torch.take_along_dim(self.x, rows, 2).to(device)
        y = x if self.y is self.x else torch.take_along_dim(self.y, rows, 2).to(device)
        engine = self.engine.engine if isinstance(self.engine, Streamed) else self.engine
        return Objective(self.arch, x, y, self.tikhonov, engine)

    def by_particle(self) -> "Objective":
        """The same cost, its particles laid out one after the other, so that few of them are near at hand."""
        x = self.x.mT.contiguous().mT
        y = x if self.y is self.x else self.y.mT.contiguous().mT
        return Objective(self.arch, x, y, self.tikhonov, self.engine)

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """Inner product in L²(0,T) of each regime, (R, P), (R, P) -> (R,)."""
        return dots(a, b) * self.arch.step

    def cost(self, theta: Tensor) -> Terms:
        """The cost alone, at controls (R, P)."""
        return self._terms(theta, self.engine.squares(theta, self.x, self.y))

    def cost_and_gradient(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """Cost and ∇J in L²(0,T), (R, P).

        Args:
            theta: controls, (R, P).
            wanted: regimes to compute, (R,) bool; the others' cost and gradient come out as 0.
        """
        if wanted is not None and not self.all_at_once and not bool(wanted.all()):
            return self._some(theta, wanted.nonzero()[:, 0])
        squares, loss = self.engine.squares_and_gradient(theta, self.x, self.y)
        terms, gradient = self._terms(theta, squares), torch.addcmul(loss, theta, 2 * self.tikhonov[:, None])
        if wanted is None or not self.all_at_once:
            return terms, gradient
        none = torch.zeros_like(terms.cost)
        return terms.where(wanted, Terms(none, none, none)), gradient.where(wanted[:, None], none[:, None])

    def part(self, rows: Tensor, arch: Architecture | None = None) -> "Objective":
        """The objective of some of the regimes, (r,) numbers, perhaps with another architecture.

        Args:
            rows: numbers of the regimes.
            arch: with other sub-steps; the same one by default.
        """
        engine: Engine | None = self.engine
        if arch is not None:
            engine = self.engine.by(arch) if isinstance(self.engine, Streamed) else None
        x, y, tikhonov = own_of(self.x, rows), own_of(self.y, rows), self.tikhonov[rows]
        return Objective(arch or self.arch, x, y, tikhonov, engine)

    def _some(self, theta: Tensor, rows: Tensor) -> tuple[Terms, Tensor]:
        part = self.part(rows).cost_and_gradient(theta[rows])
        terms = Terms(*(theta.new_zeros(len(theta)).index_copy(0, rows, t) for t in vars(part[0]).values()))
        return terms, torch.zeros_like(theta).index_copy(0, rows, part[1])

    def frozen(self, theta: Tensor) -> EvaluationPoints:
        """States and costates at controls (R, P), held fixed."""
        return EvaluationPoints(self.arch, theta, self.x, self.y)

    def _terms(self, theta: Tensor, squares: Tensor) -> Terms:
        data_term = squares.sum(1) / self.particles
        penalty = self.tikhonov * self.inner(theta, theta)
        return Terms(data_term + penalty, data_term, penalty)

    def cause_of_divergence(self, theta: Tensor, regime: int) -> str:
        """Why the cost of a regime is not a finite number: the first place where it breaks."""
        if not bool(theta[regime].isfinite().all()):
            return "the control itself has an entry that is not a finite number"
        arch = self.arch
        x = self.x[regime : regime + 1] if self.x.shape[0] > 1 else self.x
        for n, layer in enumerate(arch.shape.layers(theta[regime : regime + 1].to(x.device))):
            x = resize(x, arch.shape.counts[n])
            for part in range(arch.substeps):
                x = arch.move(layer, x)
                t = (n + (part + 1) / arch.substeps) * arch.step
                place = f"layer {n}, sub-step {part + 1} of {arch.substeps} (t = {measured(t)})"
                if not bool(x.isfinite().all()):
                    return f"a particle left the finite numbers in {place}"
                if float(x.abs().max()) > OVERFLOW:
                    return f"a particle ran beyond {OVERFLOW:g} in {place}"
        terms = self.cost(theta)
        if bool(terms.cost[regime].isfinite()):
            return "the gradient overflows"
        return "the cost overflows at the end of the flow"


def own_of(x: Tensor, rows: Tensor) -> Tensor:
    """What is some regimes' own, (r, ·, N), of what each has, (R, ·, N), or all share, (1, ·, N)."""
    return x[rows.to(x.device)] if len(x) > 1 else x


def cost_and_gradient(
    model: AutoencODE, x: Points, tikhonov: float, targets: Points | None = None
) -> tuple[float, Control]:
    """J and its gradient in L²(0,T) from the costate.

    Args:
        model: where to evaluate.
        x: particles in data units, (N, d).
        tikhonov: λ, at least 0.
        targets: (N, d) in data units, x itself by default; for classify positions (N, k) in the
            bottleneck, which must be given.

    Returns:
        J, and ∇J shaped like the control: the gradient with respect to raw weights is δ times it.

    Raises:
        InputError: λ < 0, or shapes that do not fit.

    Source:
        docs/theory.md, section 3.
    """
    if not tikhonov >= 0:
        raise InputError("tikhonov", tikhonov, "a number from 0")
    vector, arch = model.control.vector, model.architecture
    start = model.to_engine(x)
    if model.spec.task == "classify":
        if targets is None:
            raise InputError("targets", None, "positions in the bottleneck, (N, k), for the task classify")
        y = torch.as_tensor(targets).to(vector).T.contiguous()[None]
    else:
        y = start if targets is None else model.to_engine(targets)
    wanted = (1, arch.counts[arch.controlled - 1], start.shape[2])
    if tuple(y.shape) != wanted:
        raise InputError("targets", f"shape {tuple(y[0].T.shape)}", f"shape {(wanted[2], wanted[1])}")
    if not start.shape[2]:
        raise InputError("x", "no particle", "at least one particle")
    weight = torch.full((1,), tikhonov, dtype=vector.dtype, device=vector.device)
    with torch.no_grad():
        objective = Objective(arch, start, y, weight, engine=engine_again(arch, start))
        terms, gradient = objective.cost_and_gradient(vector[None])
    return float(terms.cost), Control(gradient[0], arch.shape, arch.step)
