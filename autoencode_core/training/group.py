"""Regimes that are trained side by side, one iteration at a time."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from autoencode_core.store.history import Row
from autoencode_core.training.fidelity import Fidelity, fidelity
from autoencode_core.training.method import Method
from autoencode_core.training.methods import settings_of
from autoencode_core.training.objective import Objective
from autoencode_core.training.problem import Problem

FEW = 1024
"""Most particles that are looked at on the way, where an iteration takes a batch only, and at rest."""


def is_looked_at(iteration: int) -> bool:
    """Whether what is costly is looked at after that iteration: every 5th at first, later every 20th."""
    return iteration % (5 if iteration <= 50 else 20) == 0


def at_rest(objective: Objective) -> Tensor:
    """The data term at θ = 0 of each regime, (R,), on at most FEW particles."""
    zero = objective.tikhonov.new_zeros(len(objective.tikhonov), objective.arch.shape.size)
    return _few(objective, len(zero)).cost(zero).data_term


def _few(objective: Objective, regimes: int) -> Objective:
    """The objective on at most FEW of its particles, evenly chosen."""
    few = torch.arange(0, objective.particles, -(-objective.particles // FEW), device=objective.x.device)
    return objective.batch(few.expand(regimes, -1))


class Group:
    """Regimes that advance together, since they have the same sub-steps and have had them equally long.

    Args:
        problem: the whole problem.
        regimes: their numbers, ascending.
        theta: their controls, (r, P).
        substeps: of a layer.
        before: the method that they have trained by so far, and their places there.
    """

    def __init__(
        self,
        problem: Problem,
        regimes: list[int],
        theta: Tensor,
        substeps: int,
        before: tuple[Method[Any], Tensor] | None = None,
    ) -> None:
        self.problem, self.regimes, self.substeps = problem, regimes, substeps
        rows, train = torch.tensor(regimes, device=theta.device), problem.train
        self.arch = train.arch.by(train.arch.scheme, substeps)
        own = None if self.arch == train.arch else self.arch
        self.train, self.test = train, problem.test
        if own is not None or len(regimes) < len(problem.regimes):
            self.train, self.test = train.part(rows, own), problem.test.part(rows, own)
        seeds = [problem.specs[regime].seed for regime in regimes]
        self.method: Method[Any] = settings_of(problem.spec, seeds=seeds).start(self.train, theta)
        if before is not None:
            self.method.take_over(*before)
        self.kept = self.method.theta
        """The last controls that were finite, (r, P)."""
        self.left: set[int] = set()
        """Regimes that have gone on to more sub-steps, in a group of their own."""

        self.seen: Tensor | None = None
        """The test error of the last rough look, (r,)."""

    def turn(self, regime: int, tikhonov: float | None, step: float | None) -> None:
        """Goes on with another λ or step, where they are given, of the regime that it trains alone."""
        place = self.regimes.index(regime)
        if tikhonov is not None:
            before = self.train.tikhonov.clone()
            # In place: batches of this objective, and a captured CUDA graph, read the same numbers.
            self.train.tikhonov[place] = tikhonov
            self.problem.train.tikhonov[regime] = tikhonov
            self.method.reweigh(self.train.tikhonov - before)
        if step is not None:
            self.method.restep(step)

    def look(self, iteration: int) -> list[Row]:
        """Where the regimes stand after that iteration, without its seconds, and keeps what is finite."""
        method, terms = self.method, self.method.terms
        error = self._rough_error(iteration) if method.partial else self.test.cost(method.theta).data_term
        parts = (terms.cost, terms.data_term, terms.penalty, terms.data_term, error)
        table = torch.stack([*parts, method.gradient_norm(), method.step]).cpu().double().T.tolist()
        rows = [Row._make((iteration, *values, self.substeps, torch.nan, 0.0)) for values in table]
        finite = torch.tensor([row.finite for row in rows], device=method.theta.device)
        self.kept = torch.where(finite[:, None], method.theta, self.kept)
        return rows

    def _rough_error(self, iteration: int) -> Tensor:
        """The error on at most FEW test particles, evenly chosen, as it was found when it was due last."""
        if self.seen is None or is_looked_at(iteration):
            self.seen = _few(self.test, len(self.regimes)).cost(self.method.theta).data_term
        return self.seen

    def on_all(self, regime: int, row: Row) -> Row:
        """The row of a regime's last finite control with its cost and errors on all particles."""
        rows = self.rows([regime])
        terms, test = (part.part(rows).cost(self.kept[rows]) for part in (self.train, self.test))
        return row._replace(
            cost=float(terms.cost),
            data_term=float(terms.data_term),
            penalty=float(terms.penalty),
            train_error=float(terms.data_term),
            test_error=float(test.data_term),
        )

    def rows(self, regimes: Sequence[int]) -> Tensor:
        """The places of some regimes in this group."""
        return torch.tensor([self.regimes.index(regime) for regime in regimes], device=self.kept.device)

    def control(self, regime: int) -> Tensor:
        """The last finite control of a regime, (P,)."""
        return self.kept[self.regimes.index(regime)]

    def fidelity(self, regime: int) -> Fidelity:
        """A regime's network beside its exact flow, on the training particles."""
        rows = self.rows([regime])
        return fidelity(self.train.part(rows), self.kept[rows])
