"""lbfgs: limited-memory quasi-Newton with a strong Wolfe line search, each regime its own."""

from collections.abc import Sequence

import torch
from torch import Tensor

from autoencode_core.spec import RunSpec
from autoencode_core.training.method import Method
from autoencode_core.training.objective import Objective, Terms

DECREASE, CURVATURE = 1e-4, 0.9
MOST_TRIALS = 25
MOST_PAIRS, PAIR_BUDGET = 50, 2**28
"""Pairs kept, and the most numbers that those of one regime may fill."""


def most_pairs(size: int) -> int:
    """Pairs that a control of that many parameters keeps, whatever the number of regimes."""
    return max(5, min(MOST_PAIRS, PAIR_BUDGET // (2 * size)))


class Lbfgs(Method):
    """L-BFGS in L²(0,T), each regime with its own pairs and line search."""

    def __init__(self, objective: Objective, theta: Tensor, specs: Sequence[RunSpec]) -> None:
        super().__init__(objective, theta, specs)
        self.pairs = PairMemory(theta, most_pairs(theta.shape[1]))
        self.fresh = torch.ones_like(self.stalled)

    def advance(self, running: Tensor) -> None:
        direction = self.pairs.direction(self.gradient)
        slope = self.objective.inner(self.gradient, direction)
        uphill = ~(slope < 0)
        if bool((uphill & running).any()):
            direction = torch.where(uphill[:, None], -self.gradient, direction)
            slope = self.objective.inner(self.gradient, direction)
        first = self.spec.learning_rate * (1 / self.gradient_norm()).clamp(max=1.0)
        trial = torch.where(self.fresh, first, torch.ones_like(first))
        theta, gradient = self.theta, self.gradient
        found = StrongWolfe(self.objective, theta, direction, self.terms, slope).search(trial, running)
        self._take(found.done, found.theta, found.terms, found.gradient)
        self.step = torch.where(found.done, found.step, self.step)
        good = self.pairs.remember(self.theta - theta, self.gradient - gradient, found.done)
        self.fresh = self.fresh & ~good
        lost = running & ~found.done
        if bool(lost.any()):
            # A failed search from steepest descent ends the regime; otherwise it forgets and retries.
            self.stalled = self.stalled | (lost & self.fresh)
            self.pairs.forget(lost)
            self.fresh = self.fresh | lost


class PairMemory:
    """The latest pairs (change of θ, change of ∇J) and the inverse Hessian that they make.

    Pairs lie in a ring; the small matrices S^T Y and Y^T Y (float64, on the CPU) are kept up to date
    pair by pair. A pair that must not count in a regime is stored as zeros, which the compact form
    passes over.

    Args:
        theta: a control of the right shape, (R, P).
        most: number of pairs kept.

    Source:
        R. Byrd, J. Nocedal, R. Schnabel, "Representations of quasi-Newton matrices and their use in
        limited memory methods", Math. Programming 63 (1994), theorem 2.2.
    """

    def __init__(self, theta: Tensor, most: int) -> None:
        regimes, size = theta.shape
        self.moves, self.bends = theta.new_zeros(regimes, most, size), theta.new_zeros(regimes, most, size)
        self.SY = torch.zeros(regimes, most, most, dtype=torch.float64)
        self.YY = torch.zeros_like(self.SY)
        self.scale = torch.ones(regimes, dtype=torch.float64)
        self.most, self.count = most, 0

    def forget(self, regimes: Tensor) -> None:
        """Clears the pairs of some regimes, (R,) bool."""
        self.moves[regimes] = 0
        self.bends[regimes] = 0
        here = regimes.cpu()
        self.SY[here] = 0
        self.YY[here] = 0
        self.scale[here] = 1

    def remember(self, move: Tensor, bend: Tensor, done: Tensor) -> Tensor:
        """Stores a pair (R, P), (R, P) in the regimes `done`; returns where it counts (curvature > 0)."""
        curvature, size = torch.linalg.vecdot(move, bend), torch.linalg.vecdot(bend, bend)
        length = torch.linalg.vecdot(move, move)
        good: Tensor = done & (curvature > 1e-10 * (size * length).sqrt()) & (size > 0)
        if not bool(done.any()):
            return good
        slot = self.count % self.most
        self.moves[:, slot] = torch.where(good[:, None], move, 0.0)
        self.bends[:, slot] = torch.where(good[:, None], bend, 0.0)
        move, bend = self.moves[:, slot, :, None], self.bends[:, slot, :, None]
        self.SY[:, :, slot] = torch.bmm(self.moves, bend)[:, :, 0].cpu().double()
        self.SY[:, slot, :] = torch.bmm(self.bends, move)[:, :, 0].cpu().double()
        cross = torch.bmm(self.bends, bend)[:, :, 0].cpu().double()
        self.YY[:, :, slot], self.YY[:, slot, :] = cross, cross
        self.scale = torch.where(good.cpu(), (curvature / size.clamp(min=1e-38)).cpu().double(), self.scale)
        self.count += 1
        return good

    def direction(self, gradient: Tensor) -> Tensor:
        """-H∇J, (R, P), by the compact form H = γI + [S γY] M [S γY]^T."""
        if self.count == 0:
            return -gradient
        used = min(self.count, self.most)
        age = [(self.count - used + i) % self.most for i in range(used)]
        SY, YY = self.SY[:, age][:, :, age], self.YY[:, age][:, :, age]
        curvature = SY.diagonal(dim1=1, dim2=2)
        upper = SY.triu() + torch.diag_embed((curvature == 0).double())
        column = gradient[:, :, None]
        along = torch.bmm(self.moves, column).cpu().double()[:, age]
        across = torch.bmm(self.bends, column).cpu().double()[:, age]
        scale = self.scale[:, None, None]
        u = torch.linalg.solve_triangular(upper, along, upper=True)
        w = curvature[:, :, None] * u + scale * (torch.bmm(YY, u) - across)
        v = torch.linalg.solve_triangular(upper.transpose(1, 2), w, upper=False)
        parts = self.moves.new_zeros(2, *self.moves.shape[:2], 1)
        parts[0, :, age], parts[1, :, age] = v.to(parts), (scale * u).to(parts)
        moved = torch.bmm(self.moves.transpose(1, 2), parts[0])
        bent = torch.bmm(self.bends.transpose(1, 2), parts[1])
        return -(self.scale.to(gradient)[:, None] * gradient + (moved - bent)[:, :, 0])


class StrongWolfe:
    """A bracketing line search for R regimes at once.

    Each regime keeps a bracket [low, high] in which a strong Wolfe point must lie, and tries the
    minimiser of the cubic through its ends (J. Nocedal, S. Wright, Numerical Optimization, 3.5).

    Args:
        objective: what is minimised.
        theta: starts, (R, P).
        direction: directions of descent, (R, P).
        terms: cost at the starts.
        slope: directional derivatives there, (R,), negative.
    """

    def __init__(
        self, objective: Objective, theta: Tensor, direction: Tensor, terms: Terms, slope: Tensor
    ) -> None:
        self.objective, self.start, self.direction = objective, theta, direction
        self.cost0, self.slope0 = terms.cost, slope
        self.low, self.low_cost, self.low_slope = torch.zeros_like(slope), terms.cost, slope
        self.high = torch.full_like(slope, torch.inf)
        self.high_cost, self.high_slope = torch.full_like(slope, torch.inf), torch.zeros_like(slope)
        self.done = torch.zeros_like(slope, dtype=torch.bool)
        self.theta, self.terms, self.gradient, self.step = (
            theta,
            terms,
            torch.zeros_like(theta),
            torch.zeros_like(slope),
        )

    def search(self, t: Tensor, running: Tensor) -> "StrongWolfe":
        """Searches from the trial steps t (R,); `done` then says in which regimes a lower point was found."""
        waiting = running.clone()
        for _ in range(MOST_TRIALS):
            trial = torch.addcmul(self.start, t[:, None], self.direction)
            terms, gradient = self.objective.cost_and_gradient(trial, waiting)
            slope = self.objective.inner(gradient, self.direction)
            lower = (terms.cost <= self.cost0 + DECREASE * t * self.slope0) & (terms.cost < self.cost0)
            flat = slope.abs() <= -CURVATURE * self.slope0
            better = waiting & lower & (~self.done | (terms.cost < self.terms.cost))
            self._keep(better | (waiting & lower & flat), t, trial, terms, gradient)
            waiting = waiting & ~(lower & flat)
            if not bool(waiting.any()):
                break
            t = torch.where(waiting, self._next(t, terms.cost, slope, lower), t)
            if not bool((waiting & (self.high - self.low > 1e-9 * t)).any()):
                break
        return self

    def _keep(self, chosen: Tensor, t: Tensor, trial: Tensor, terms: Terms, gradient: Tensor) -> None:
        column = chosen[:, None]
        self.theta = torch.where(column, trial, self.theta)
        self.gradient = torch.where(column, gradient, self.gradient)
        self.terms = terms.where(chosen, self.terms)
        self.step = torch.where(chosen, t, self.step)
        self.done = self.done | chosen

    def _next(self, t: Tensor, cost: Tensor, slope: Tensor, lower: Tensor) -> Tensor:
        beyond = ~lower | (slope > 0)
        self.high = torch.where(beyond, t, self.high)
        self.high_cost = torch.where(beyond, cost, self.high_cost)
        self.high_slope = torch.where(beyond, slope, self.high_slope)
        self.low = torch.where(beyond, self.low, t)
        self.low_cost = torch.where(beyond, self.low_cost, cost)
        self.low_slope = torch.where(beyond, self.low_slope, slope)
        width = self.high - self.low
        d1 = self.low_slope + self.high_slope - 3 * (self.high_cost - self.low_cost) / width
        d2 = (d1 * d1 - self.low_slope * self.high_slope).sqrt()
        cubic = self.high - width * (self.high_slope + d2 - d1) / (self.high_slope - self.low_slope + 2 * d2)
        inside = cubic.clamp(self.low + 0.1 * width, self.high - 0.1 * width)
        guess = torch.where(cubic.isfinite(), inside, self.low + 0.5 * width)
        return torch.where(self.high.isinf(), 3 * t, guess)
