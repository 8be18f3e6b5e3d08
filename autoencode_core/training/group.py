"""Regimes that are trained side by side, one iteration at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.store.history import Row
from autoencode_core.training.checkpoint import Tensors, prefixed
from autoencode_core.training.fidelity import MOST_PARTICLES, Fidelity, fidelity, rough_difference
from autoencode_core.training.method import Method
from autoencode_core.training.methods import settings_of
from autoencode_core.training.objective import Objective
from autoencode_core.training.problem import Problem
from autoencode_core.training.run import Array, Snapshot

FEW = 1024
"""Most particles that are looked at on the way, where an iteration takes a batch only, and at rest."""
MOST_SUBSTEPS = 64
"""Sub-steps beyond which training does not go to keep to the ODE."""
LOOKED = ("cost", "data_term", "penalty", "train_error", "test_error", "gradient_norm", "step", "stalled")
"""What is recorded of each regime in an iteration."""
TOGETHER = 2**26
"""Most numbers of the states that a card compares with exact flows at once."""


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


def _nothing() -> None:
    """Where there is nothing to go back to."""


class Group:
    """Regimes that advance together, since they have the same sub-steps and have had them equally long.

    Args:
        problem: the whole problem.
        regimes: their numbers, ascending.
        theta: their controls, (r, P).
        substeps: of a layer.
        iteration: that they have made.
        before: the method that they have trained by so far, and their places there.

    Attributes:
        kept: the last controls that were finite, (r, P).
        here: regimes that have not gone on to more sub-steps in a group of their own, (r,) bool.
        numbers: of the regimes, (r,).
        iteration: the latest that is shown; the method may be ahead of it.
    """

    def __init__(
        self,
        problem: Problem,
        regimes: list[int],
        theta: Tensor,
        substeps: int,
        iteration: int = 0,
        before: tuple[Method[Any], Tensor] | None = None,
    ) -> None:
        self.problem, self.regimes, self.substeps = problem, regimes, substeps
        self.iteration, self.numbers, self.here = iteration, np.array(regimes), np.ones(len(regimes), bool)
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
        self.seen: Tensor | None = None
        """The test error of the last rough look, (r,)."""
        self._last_running, self._mask = torch.zeros(0, dtype=torch.bool), torch.zeros(0)
        self._coming: list[Tensor] = []
        self._shown, self._back = 0, _nothing

    def state(self, room: int) -> dict[str, Tensor]:
        """What the next iterations depend on beside regimes, sub-steps and iteration.

        Args:
            room: as in Method.state.
        """
        self.settle()
        own = {"kept": self.kept, "here": torch.from_numpy(self.here)}
        seen = {} if self.seen is None else {"seen": self.seen}
        return {**own, **seen, **prefixed(self.method.state(room), "method ")}

    def restore(self, state: Tensors) -> None:
        """Goes on from the state of a group of the same regimes.

        Raises:
            CheckpointRefused: it is none.
        """
        self.kept = state.like("kept", self.kept)
        self.here = state.take("here", torch.bool, (len(self.regimes),)).numpy()
        self.seen = state.like("seen", self.kept[:, 0]) if "seen" in state else None
        self.method.restore(state.part("method "))
        if not bool(self.kept.isfinite().all()):
            raise state.refused("kept", "NaN or infinite", "finite numbers")

    @property
    def refinable(self) -> bool:
        """Whether the sub-steps may be doubled."""
        return 2 * self.substeps <= MOST_SUBSTEPS

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

    # -- iterations --

    def look(self) -> Array:
        """What is recorded of where the regimes stand, (r, 8): LOOKED; keeps what is finite."""
        table: Array = self._look(self.iteration).cpu().double().numpy().T
        return table

    def advance(self, count: int, running: NDArray[np.bool_]) -> Array:
        """So many iterations of some regimes, which are looked at afterwards, all at once.

        None is shown yet; `show` does, one after the other, and `settle` gives up those that are not shown.

        Args:
            count: how many; 1 for a method that looks at values itself.
            running: which regimes, (r,).

        Returns:
            What is recorded of each iteration, (count, r, 8), as `look` has it.
        """
        mask, ahead, seen = self._running(running), count > 1, self.seen
        back = self.method.remember() if ahead else None

        def return_to_start() -> None:
            self.seen = seen
            if back is not None:
                back()

        self._back, self._shown, self._coming = return_to_start, 0, []
        tables = []
        for iteration in range(self.iteration + 1, self.iteration + count + 1):
            self.method.advance(mask)
            tables.append(self._look(iteration))
            self._coming.append(self.kept)
        looked: Array = torch.stack(tables).cpu().double().numpy().transpose(0, 2, 1)
        return looked

    def show(self) -> None:
        """Shows the next one of the iterations that were made."""
        self.kept, self.iteration, self._shown = self._coming.pop(0), self.iteration + 1, self._shown + 1

    def settle(self) -> None:
        """Brings a method that is ahead back to the iteration that is shown, bit for bit."""
        if self._coming:
            self._back()
            for _ in range(self._shown):
                self.method.advance(self._mask)
            self._coming = []

    @property
    def ahead(self) -> bool:
        """Whether iterations are made that are not shown yet."""
        return bool(self._coming)

    def _running(self, running: NDArray[np.bool_]) -> Tensor:
        wanted = torch.from_numpy(running)
        if not torch.equal(wanted, self._last_running):
            self._last_running, self._mask = wanted, wanted.to(self.kept.device)
        return self._mask

    def _look(self, iteration: int) -> Tensor:
        """The table of where the method stands, on the device, (8, r)."""
        method, terms = self.method, self.method.terms
        error = self._rough_error(iteration) if method.partial else self.test.cost(method.theta).data_term
        norm = method.gradient_norm()
        sound = terms.cost.isfinite() & norm.isfinite()
        self.kept = torch.where(sound[:, None], method.theta, self.kept)
        errors = terms.cost, terms.data_term, terms.penalty, terms.data_term, error
        return torch.stack([*errors, norm, method.step, method.stalled.to(norm)])

    def _rough_error(self, iteration: int) -> Tensor:
        """The error on at most FEW test particles, evenly chosen, as it was found when it was due last."""
        if self.seen is None or is_looked_at(iteration):
            self.seen = _few(self.test, len(self.regimes)).cost(self.method.theta).data_term
        return self.seen

    # -- some of the regimes, all at once --

    def rows(self, regimes: Sequence[int]) -> Tensor:
        """The places of some regimes in this group."""
        places = np.searchsorted(self.numbers, np.asarray(regimes, dtype=np.int64))
        return torch.from_numpy(places).to(self.kept.device)

    def control(self, regime: int) -> Tensor:
        """The last finite control of a regime, (P,)."""
        return self.kept[self.regimes.index(regime)]

    def on_all(self, regimes: Sequence[int], rows: Sequence[Row]) -> list[Row]:
        """The rows of regimes' last finite controls with cost and errors on all particles."""
        places = self.rows(regimes)
        terms, test = (part.part(places).cost(self.kept[places]) for part in (self.train, self.test))
        errors = torch.stack([terms.cost, terms.data_term, terms.penalty, terms.data_term, test.data_term])
        names = LOOKED[: len(errors)]
        found = errors.cpu().double().T.tolist()
        return [
            row._replace(**dict(zip(names, own, strict=True))) for row, own in zip(rows, found, strict=True)
        ]

    def snapshots(self, regimes: Sequence[int]) -> list[Snapshot]:
        """The probe batches of regimes."""
        return self.problem.snapshots(regimes, self.kept[self.rows(regimes)], self.arch) if regimes else []

    def rough(self, regimes: Sequence[int]) -> list[float]:
        """About how far regimes are from their ODEs, on the training particles."""
        if len(regimes) == len(self.regimes):
            found: list[float] = rough_difference(self.train, self.kept).tolist()
            return found
        rows = self.rows(regimes)
        found = rough_difference(self.train.part(rows), self.kept[rows]).tolist()
        return found

    def fidelity(self, regimes: Sequence[int], test: bool = False) -> list[Fidelity]:
        """Regimes' networks beside their exact flows, on the training particles or on those held out."""
        on, units = self.test if test else self.train, self.arch.field.blocks(self.arch.width)[0].rows
        most = TOGETHER // (min(on.particles, MOST_PARTICLES) * units)
        together = max(1, most) if self.kept.device.type == "cuda" else 1
        found = []
        for first in range(0, len(regimes), together):
            rows = self.rows(regimes[first : first + together])
            several = [part.cpu() for part in fidelity(on.part(rows), self.kept[rows])]
            found += [Fidelity(*own) for own in zip(*several, strict=True)]
        return found
