"""Regimes that are trained side by side, one iteration at a time."""

import torch
from torch import Tensor

from autoencode_core.training.fidelity import Fidelity, fidelity
from autoencode_core.training.history import Row
from autoencode_core.training.method import Method
from autoencode_core.training.problem import Problem


class Group:
    """Regimes that advance together, since they have the same sub-steps and have had them equally long.

    Args:
        problem: the whole problem.
        kind: the training method.
        regimes: their numbers, ascending.
        theta: their controls, (r, P).
        substeps: of a layer.
        before: the method that they have trained by so far, and their places there.
    """

    def __init__(
        self,
        problem: Problem,
        kind: type[Method],
        regimes: list[int],
        theta: Tensor,
        substeps: int,
        before: tuple[Method, Tensor] | None = None,
    ) -> None:
        self.problem, self.regimes, self.substeps = problem, regimes, substeps
        rows, train = torch.tensor(regimes, device=theta.device), problem.train
        self.arch = train.arch.by(train.arch.scheme, substeps)
        own = None if self.arch == train.arch else self.arch
        self.train, self.test = train, problem.test
        if own is not None or len(regimes) < len(problem.regimes):
            self.train, self.test = train.part(rows, own), problem.test.part(rows, own)
        specs = [problem.specs[regime] for regime in regimes]
        self.method = kind(self.train, theta, specs)
        if before is not None:
            self.method.goes_on(*before)
        self.kept = self.method.theta
        """The last controls that were finite, (r, P)."""
        self.left: set[int] = set()
        """Regimes that have gone on to more sub-steps, in a group of their own."""

    def look(self) -> list[Row]:
        """Where the regimes stand, without iteration and seconds, and keeps what is finite."""
        method, terms = self.method, self.method.terms
        error = self.test.cost(method.theta).data_term
        parts = (terms.cost, terms.data_term, terms.penalty, terms.data_term, error)
        table = torch.stack([*parts, method.gradient_norm(), method.step]).cpu().double().T.tolist()
        rows = [Row._make((0, *values, self.substeps, torch.nan, 0.0)) for values in table]
        finite = torch.tensor([row.finite for row in rows], device=method.theta.device)
        self.kept = torch.where(finite[:, None], method.theta, self.kept)
        return rows

    def control(self, regime: int) -> Tensor:
        """The last finite control of a regime, (P,)."""
        return self.kept[self.regimes.index(regime)]

    def fidelity(self, regime: int) -> Fidelity:
        """A regime's network beside its exact flow, on the training particles."""
        rows = torch.tensor([self.regimes.index(regime)], device=self.kept.device)
        return fidelity(self.train.part(rows), self.kept[rows])
