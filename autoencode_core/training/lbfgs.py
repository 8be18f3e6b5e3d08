"""lbfgs: limited-memory quasi-Newton with a strong Wolfe line search, each regime its own."""

import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autoencode_core.spec_defaults import FIRST_STEP
from autoencode_core.training import pair_kernel
from autoencode_core.training.checkpoint import Tensors
from autoencode_core.training.method import Method
from autoencode_core.training.objective import Cost, Terms
from autoencode_core.training.per_regime import SMALL, dots, matrices_of, products
from autoencode_core.training.threads import most_threads, share_out

DECREASE, CURVATURE = 1e-4, 0.9
MOST_TRIALS = 25
MOST_PAIRS, PAIR_BUDGET, FOURS = 48, 2**28, 4
"""Pairs kept, the most numbers that those of one regime may fill, and what their number is a multiple of: so
each regime's matrices begin on a cache line, as they do alone."""
MOST_STORED = 10**7
"""More pairs than any training stores."""
SHARED_NUMBERS = 2**19
"""Numbers of all pairs' moves from which a second thread pays for its start."""


def most_pairs(size: int) -> int:
    """Pairs that a control of that many parameters keeps, whatever the number of regimes."""
    return max(1, min(MOST_PAIRS, PAIR_BUDGET // (2 * size)) // FOURS) * FOURS


@dataclass(frozen=True)
class LbfgsSettings:
    """What lbfgs is told.

    Attributes:
        first_step: length of the first trial, shorter where ‖∇J‖ > 1; later ones begin at 1.
    """

    first_step: float = FIRST_STEP["lbfgs"]

    def start(self, objective: Cost, theta: Tensor) -> "Lbfgs":
        """Lbfgs at controls (R, P)."""
        return Lbfgs(objective, theta, self)


class Lbfgs(Method[Cost]):
    """L-BFGS in L²(0,T), each regime with its own pairs and line search."""

    def __init__(self, objective: Cost, theta: Tensor, settings: LbfgsSettings) -> None:
        super().__init__(objective, theta, settings.first_step)
        self.settings = settings
        self.pairs = pairs_for(theta, most_pairs(theta.shape[1]))
        self.fresh = torch.ones_like(self.stalled)

    def reweigh(self, more: Tensor) -> None:
        super().reweigh(more)
        self.pairs = self.pairs.bent(2 * more)
        self.fresh = ~self.pairs.filled()

    def restep(self, step: float) -> None:
        super().restep(step)
        self.pairs.forget(torch.ones_like(self.fresh))
        self.fresh = torch.ones_like(self.fresh)

    def state(self, room: int = sys.maxsize) -> dict[str, Tensor]:
        return {**super().state(room), "fresh": self.fresh, **self.pairs.state(room)}

    def restore(self, state: Tensors) -> None:
        super().restore(state)
        self.fresh = state.like("fresh", self.fresh)
        self.pairs.restore(state)

    def advance(self, running: Tensor) -> None:
        direction = self.pairs.direction(self.gradient)
        slope = self.objective.inner(self.gradient, direction)
        uphill = ~(slope < 0)
        if bool((uphill & running).any()):
            direction = torch.where(uphill[:, None], -self.gradient, direction)
            slope = self.objective.inner(self.gradient, direction)
        first = self.first_step * (1 / self.gradient_norm()).clamp(max=1.0)
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
    """The latest pairs (change of θ, change of ∇J) of each regime, and the inverse Hessian that they make.

    A regime's pairs lie in its own ring, so they are those that it has alone; places still empty are zeros,
    which the compact form passes over. The small matrices S^T Y and Y^T Y (float64; on a CUDA card, else on
    the CPU) are kept up to date pair by pair, without a look at a value.

    Args:
        theta: a control of the right shape, (R, P).
        most: number of pairs kept.

    Source:
        R. Byrd, J. Nocedal, R. Schnabel, "Representations of quasi-Newton matrices and their use in
        limited memory methods", Math. Programming 63 (1994), theorem 2.2.
    """

    def __init__(self, theta: Tensor, most: int) -> None:
        regimes, size = theta.shape
        self.moves, self.bends = (matrices_of(regimes, most, size, theta) for _ in range(2))
        self.home = theta.device if theta.device.type == "cuda" else torch.device("cpu")
        self.SY = torch.zeros(regimes, most, most, dtype=torch.float64, device=self.home)
        self.YY = torch.zeros_like(self.SY)
        self.scale = torch.ones(regimes, 1, dtype=torch.float64, device=self.home)
        self.count = torch.zeros(regimes, 1, dtype=torch.int64, device=self.home)
        self.most = most

    def forget(self, regimes: Tensor) -> None:
        """Clears the pairs of some regimes, (R,) bool."""
        for pairs in self.moves, self.bends:
            pairs.masked_fill_(regimes[:, None, None], 0)
        here = regimes.to(self.home)
        for matrix in self.SY, self.YY:
            matrix.masked_fill_(here[:, None, None], 0)
        self.scale.masked_fill_(here[:, None], 1)

    def remember(self, move: Tensor, bend: Tensor, done: Tensor) -> Tensor:
        """Stores a pair (R, P), (R, P) where `done` and it counts (curvature > 0); returns where."""
        curvature, size, length = dots(move, bend), dots(bend, bend), dots(move, move)
        good: Tensor = done & (curvature > 1e-10 * (size * length).sqrt()) & (size > 0)
        slot, here = (self.count % self.most)[:, :, None], good.to(self.home)
        for ring, new in (self.moves, move), (self.bends, bend):
            _put(ring, slot.to(ring.device), new[:, None], good)
        _put(self.SY.mT, slot, self._small(products(self.moves, bend))[:, None], here)
        cross = self._small(products(self.bends, bend))[:, None]
        _put(self.YY.mT, slot, cross, here)
        _put(self.YY, slot, cross, here)
        gamma = self._small(curvature / size.clamp(min=1e-38))[:, None]
        self.scale.copy_(torch.where(here[:, None], gamma, self.scale))
        self.count += here[:, None].long()
        return good

    def _small(self, numbers: Tensor) -> Tensor:
        return numbers.to(self.home).double()

    def filled(self) -> Tensor:
        """Which regimes have a pair, (R,) bool."""
        return (self.SY.diagonal(dim1=1, dim2=2) != 0).any(1).to(self.moves.device)

    def state(self, room: int) -> dict[str, Tensor]:
        """The pairs, the latest of them that so many bytes hold."""
        filled = self.SY.diagonal(dim1=1, dim2=2) != 0
        age = (self.count - 1 - torch.arange(self.most, device=self.home)) % self.most
        each = 2 * self.moves[:, 0].nbytes
        kept = filled & (age < room // each)
        there = kept.to(self.moves.device)
        small = {name: getattr(self, name).clone() for name in ("SY", "YY", "scale", "count")}
        return {"pairs": kept, "moves": self.moves[there], "bends": self.bends[there], **small}

    def restore(self, state: Tensors) -> None:
        """Goes on with other pairs; raises as `Method.restore`."""
        kept = state.like("pairs", self.SY[:, 0] != 0)
        there, size = kept.to(self.moves.device), self.moves.shape[2]
        for name, rows in ("moves", self.moves), ("bends", self.bends):
            own = state.take(name, rows.dtype, (int(kept.sum()), size))
            rows.zero_()[there] = own.to(rows.device)
        state.whole("count", tuple(self.count.shape), 0, MOST_STORED)
        for name in "SY", "YY", "scale", "count":
            getattr(self, name).copy_(state.like(name, getattr(self, name)))
        for matrix in self.SY, self.YY:
            matrix.masked_fill_(~(kept[:, :, None] & kept[:, None, :]), 0)

    def bent(self, more: Tensor) -> "PairMemory":
        """The pairs of a J whose Hessian is higher by a multiple of the identity.

        Such a pair's change of ∇J is higher by that multiple of its change of θ, exactly; one whose curvature
        is then no longer positive counts no more.

        Args:
            more: the multiple of each regime, (R,).
        """
        found = type(self)(self.moves[:, 0], self.most)
        rows = torch.arange(len(self.moves), device=self.moves.device)
        there = (self.SY.diagonal(dim1=1, dim2=2) != 0).to(self.moves.device)
        for age in range(self.most):
            slot = (self.count[:, 0].to(rows) + age) % self.most
            move, bend = self.moves[rows, slot], self.bends[rows, slot]
            found.remember(move, torch.addcmul(bend, move, more[:, None]), there[rows, slot])
        return found

    def direction(self, gradient: Tensor) -> Tensor:
        """-H∇J, (R, P), by the compact form H = γI + [S γY] M [S γY]^T."""
        slots = torch.arange(self.most, device=self.home)
        by_age, age = (self.count + slots) % self.most, (slots - self.count) % self.most
        entries = (self.most * by_age[:, :, None] + by_age[:, None, :]).flatten(1)
        upper = self.SY.flatten(1).gather(1, entries).view_as(self.SY).triu()
        curvature = self.SY.diagonal(dim1=1, dim2=2)
        upper.diagonal(dim1=1, dim2=2).add_((curvature.gather(1, by_age) == 0).double())
        along = self._small(products(self.moves, gradient))
        across = self._small(products(self.bends, gradient))
        u = _solved(upper, along.gather(1, by_age), upper=True).gather(1, age)
        w = curvature * u + self.scale * (products(self.YY, u) - across)
        v = _solved(upper.mT, w.gather(1, by_age), upper=False).gather(1, age)
        moved = products(self.moves.mT, v.to(gradient))
        bent = products(self.bends.mT, (self.scale * u).to(gradient))
        return -(self.scale.to(gradient) * gradient + (moved - bent))


class CompiledPairs(PairMemory):
    """The same for small controls on a processor, regime by regime, shared out to threads."""

    def __init__(self, theta: Tensor, most: int) -> None:
        super().__init__(theta, most)
        kept = self.moves, self.bends, self.SY, self.YY, self.scale, self.count
        self.kept: tuple[Any, ...] = tuple(tensor.numpy() for tensor in kept)
        self.threads = most_threads() if self.moves.numel() > SHARED_NUMBERS else 1

    def forget(self, regimes: Tensor) -> None:
        self.SY[regimes] = 0  # an empty place is known by it
        self.scale[regimes] = 1

    def remember(self, move: Tensor, bend: Tensor, done: Tensor) -> Tensor:
        good = torch.zeros_like(done)
        given: tuple[Any, ...] = *self.kept, move.numpy(), bend.numpy(), done.numpy(), good.numpy()
        share_out(partial(pair_kernel.remember, *given), len(done), self.threads)
        return good

    def direction(self, gradient: Tensor) -> Tensor:
        found = torch.empty_like(gradient)
        given: tuple[Any, ...] = *self.kept, gradient.numpy(), found.numpy()
        share_out(partial(pair_kernel.direction, *given), len(found), self.threads)
        return found


def pairs_for(theta: Tensor, most: int) -> PairMemory:
    """An empty memory for controls like these (R, P), by the size of a regime's and the device alone."""
    small = theta.device.type == "cpu" and most * theta.shape[1] < SMALL
    return (CompiledPairs if small else PairMemory)(theta, most)


def _put(rows: Tensor, slot: Tensor, new: Tensor, where: Tensor) -> None:
    """Writes new rows (R, 1, j) at the slots (R, 1, 1) of (R, i, j), in some regimes, (R,) bool."""
    place = slot.expand(-1, 1, rows.shape[2])
    rows.scatter_(1, place, torch.where(where[:, None, None], new, rows.gather(1, place)))


def _solved(matrices: Tensor, right: Tensor, upper: bool) -> Tensor:
    solution: Tensor = torch.linalg.solve_triangular(matrices, right[:, :, None], upper=upper)
    return solution[:, :, 0]


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
        self, objective: Cost, theta: Tensor, direction: Tensor, terms: Terms, slope: Tensor
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
            waiting = waiting & (self.high - self.low > 1e-9 * t) & self._promising()
            if not bool(waiting.any()):
                break
        return self

    def _promising(self) -> Tensor:
        """Where a lower cost could be told from the one at the start, or one was found already, (R,) bool.

        A bracket promises at most its length times the slope at the start. Less than a cost's rounding is
        no progress, and looking for it would hold up all other regimes.
        """
        rounding = torch.finfo(self.cost0.dtype).eps * self.cost0.abs()
        return self.done | (self.high * -self.slope0 > rounding)

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
