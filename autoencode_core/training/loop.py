"""The training loop: history, snapshots, stopping, divergence; one run or R regimes as one batch."""

import math
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from autoencode_core.changes import Change
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.history import HISTORY, MOST_SNAPSHOTS, PATH_NUMBERS, Row, Status
from autoencode_core.training.by_hand import STOPS, ChangeLog, check_unchanged, word_alone
from autoencode_core.training.device import flushed, layer_flops, threads_for
from autoencode_core.training.fidelity import Fidelity, fidelity, rough_difference, spread
from autoencode_core.training.group import Group, at_rest, is_looked_at
from autoencode_core.training.problem import Problem
from autoencode_core.training.run import Array, OnProgress, Progress, Run, RunData, Snapshot
from autoencode_core.words import as_set, measured

NEGLIGIBLE = 1e-4
"""A stall counts as converged where a unit step along -∇J promises at most this share of the cost."""

MOST_SUBSTEPS = 64
"""Sub-steps beyond which training does not go to keep to the ODE."""
WARNING = 0.5
"""Share of the allowed ODE difference at which a rough look on the way doubles the sub-steps."""

OFF, OFF_SHARE, OFF_LEAST = 4.0, 0.1, 25
"""A run has run off whose data term was that many times the larger one of start and rest in that share of its
iterations, one after the other, and in no fewer than so many."""
WORSE, WORSE_SHARE = 1.1, 0.01
"""A run ends worse than at rest where its data term is that many times the one at θ = 0, and more by that
share of the targets' variance."""


def train_regimes(
    specs: Sequence[RunSpec],
    on_progress: OnProgress | None = None,
    starts: Tensor | None = None,
    data: Sequence[RunData] | None = None,
) -> list[Run]:
    """Trains regimes that differ in λ and seed only, as one batch.

    Those that diverge come back too, with status "diverged", the cause in their message and the last finite
    control.

    Args:
        specs: one per regime, at least one.
        on_progress: called after the start and after each iteration for each regime that still runs, without
            autograd; "stop" ends that regime, a Change of this iteration by hand changes λ or the step from
            the next one on, where a single regime trains.
        starts: initial controls (R, P) in the place of those that the seeds give.
        data: particles of each regime in the place of those that its spec names; all as many.

    Raises:
        InputError: the specs are none or differ in more than λ and seed, or leave λ to be chosen; several
            were to be changed by hand; the data cannot be had or do not fit them, the starts do not fit, or
            the device is not there.
    """
    _check_regimes(specs)
    problem = Problem(specs, starts, data)
    first = specs[0]
    flops = layer_flops(problem.train.arch, first.batch_size or problem.train.particles)
    with torch.no_grad(), threads_for(flops), flushed():
        return _Loop(problem, on_progress).run()


def _check_regimes(specs: Sequence[RunSpec]) -> None:
    if not specs:
        raise InputError("specs", "none", "at least one")
    first = specs[0].model_dump(exclude={"tikhonov", "seed"})
    for spec in specs:
        for name, value in spec.model_dump(exclude={"tikhonov", "seed"}).items():
            if value != first[name]:
                raise InputError(name, value, f"{first[name]}: regimes differ in λ and seed only")
    if len(specs) > 1:
        check_unchanged(specs[0])


class _Loop:
    def __init__(self, problem: Problem, on_progress: OnProgress | None) -> None:
        self.problem, self.spec, self.on_progress = problem, problem.spec, on_progress
        regimes = list(range(len(problem.regimes)))
        self.rows: list[list[Row]] = [[] for _ in regimes]
        self.snapshots: list[dict[int, Snapshot]] = [{} for _ in regimes]
        self.endings: list[tuple[Status, str] | None] = [None for _ in regimes]
        self.paths: list[dict[int, Array]] = [{} for _ in regimes]
        self.found: dict[int, Fidelity] = {}
        self.rough = [math.nan for _ in regimes]
        self.due = snapshot_iterations(self.spec.iterations)
        self.kept_due = path_iterations(self.due, problem.theta.shape[1])
        self.changes = ChangeLog(self.spec.changes)
        self.started, self.watched = time.perf_counter(), 0.0
        self.rest = at_rest(problem.train).tolist()
        self.high = [0 for _ in regimes]
        self.groups = [Group(problem, regimes, problem.theta, self.spec.substeps)]

    def run(self) -> list[Run]:
        for iteration in range(self.spec.iterations + 1):
            for group in tuple(self.groups):
                running = [self.endings[r] is None and r not in group.left for r in group.regimes]
                if any(running):
                    if iteration:
                        group.method.advance(torch.tensor(running, device=group.kept.device))
                    self._observe(group, iteration)
            if None not in self.endings:
                break
        return [self._finished(regime) for regime in range(len(self.rows))]

    def _seconds(self) -> float:
        """Since the start, without what whoever watches took, be it a pause."""
        return time.perf_counter() - self.started - self.watched

    def _group(self, regime: int) -> Group:
        return next(group for group in self.groups if regime in group.regimes and regime not in group.left)

    def _observe(self, group: Group, iteration: int) -> None:
        """Records an iteration of every regime of a group that runs, and decides which of them end here."""
        rows, seconds = group.look(iteration), self._seconds()
        if is_looked_at(iteration):
            self._look_roughly(group, rows)
        reported: list[int] = []
        for place, regime in enumerate(group.regimes):
            if self.endings[regime] is None and regime not in group.left:
                row = rows[place]._replace(ode_difference=self.rough[regime], seconds=seconds)
                self.rows[regime].append(row)
                self.endings[regime] = self._ending(group, place, row)
                reported.append(regime)
        leaving = self._leaving(group, reported, iteration)
        if leaving:
            self._refine(group, leaving)
        for regime in reported:
            self._keep(regime, iteration)
            self._hear(regime, iteration, self._report(regime))

    def _keep(self, regime: int, iteration: int) -> None:
        """Snapshot and control of an iteration, where they are due."""
        if not self.rows[regime][-1].finite:
            return
        group = self._group(regime)
        if iteration in self.due:
            self.snapshots[regime][iteration] = self._snapshot(group, regime)
        if iteration in self.kept_due:
            self.paths[regime][iteration] = _array(group.control(regime))

    def _snapshot(self, group: Group, regime: int) -> Snapshot:
        return self.problem.snapshots([regime], group.control(regime)[None], group.arch)[0]

    # -- keeping to the ODE --

    def _look_roughly(self, group: Group, rows: list[Row]) -> None:
        """About how far the regimes of a group that still train are from their ODEs."""
        there = [
            (place, regime)
            for place, regime in enumerate(group.regimes)
            if self.endings[regime] is None and regime not in group.left and rows[place].finite
        ]
        if there:
            places = torch.tensor([place for place, _ in there], device=group.kept.device)
            found = rough_difference(group.train.part(places), group.kept[places]).tolist()
            for (_, regime), difference in zip(there, found, strict=True):
                self.rough[regime] = difference

    def _leaving(self, group: Group, reported: list[int], iteration: int) -> list[int]:
        """Regimes of a group that leave their ODE, and could be held by more sub-steps."""
        allowed = self.spec.fidelity
        if allowed is None or 2 * group.substeps > MOST_SUBSTEPS:
            return []
        sound = [r for r in reported if self.rows[r][-1].finite]
        ended = [r for r in sound if (self.endings[r] or ("stopped",))[0] != "stopped"]
        leaving = []
        for regime in ended:
            self.found[regime] = group.fidelity(regime)
            if not float(self.found[regime].difference) <= allowed:
                leaving.append(regime)
        if is_looked_at(iteration):
            running = [r for r in sound if self.endings[r] is None]
            leaving += [r for r in running if self.rough[r] > WARNING * allowed]
        return sorted(leaving)

    def _refine(self, group: Group, leaving: list[int]) -> None:
        """Doubles the sub-steps of some regimes, which go on from the same control.

        At the last iteration there is no going on, but the control is told of at the sub-steps that hold it.
        """
        rows = group.rows(leaving)
        finer = Group(
            self.problem,
            leaving,
            group.kept[rows],
            2 * group.substeps,
            before=(group.method, rows),
        )
        group.left.update(leaving)
        self.groups.append(finer)
        iteration = self.rows[leaving[0]][-1].iteration
        for row, regime in zip(finer.look(iteration), leaving, strict=True):
            last = self.rows[regime][-1]
            if iteration == self.spec.iterations:
                kept = {name: getattr(last, name) for name in ("ode_difference", "seconds")}
                self.rows[regime][-1] = row._replace(**kept)
            else:
                self.endings[regime] = None
        over = [regime for regime in leaving if self.endings[regime] is not None]
        again = self._leaving(finer, over, self.spec.iterations)
        if again:
            self._refine(finer, again)

    def _ending(self, group: Group, place: int, row: Row) -> tuple[Status, str] | None:
        spec, iteration, norm = self.spec, row.iteration, row.gradient_norm
        if not row.finite:
            cause = group.train.cause_of_divergence(group.method.theta, place)
            step = (
                f"first step (now {group.method.first_step:g}), " if iteration else ""
            )  # at 0 none was taken
            return "diverged", (
                f"Diverged at iteration {iteration}: {cause}. Try a smaller {step}"
                f"initial scale (now {as_set(spec.init_scale)}) or horizon (now {spec.horizon:g})."
            )
        if self._runs_off(group.regimes[place], row):
            return "diverged", (
                f"Ran off: at iteration {iteration} the data term has been over {OFF:g} times what it is "
                f"without control for {self.high[group.regimes[place]]} iterations. {self._remedy()}"
            )
        if norm <= spec.tolerance and not group.method.partial:
            return (
                "converged",
                f"Converged after {iteration} iterations: ‖∇J‖ = {measured(norm, 2)} is within the "
                "tolerance.",
            )
        stalled = bool(group.method.stalled[place])
        if stalled and norm**2 <= NEGLIGIBLE * max(1.0, row.cost):
            return "converged", (
                f"Converged after {iteration} iterations: no step lowers J any further in {spec.dtype} "
                f"(‖∇J‖ = {measured(norm, 2)})."
            )
        if stalled:
            return "finished", (
                f"Ended after {iteration} iterations: {spec.method} finds no step that lowers the cost, far "
                f"from stationary (‖∇J‖ = {measured(norm, 2)}). Try a smaller initial scale or horizon, "
                "or float64."
            )
        if iteration == spec.iterations:
            where = " on the last batch" if group.method.partial else ""
            return "finished", f"All {iteration} iterations done (‖∇J‖ = {measured(norm, 2)}{where})."
        return None

    def _runs_off(self, regime: int, row: Row) -> bool:
        """Whether the data term has been far above that of start and rest for long."""
        bound = OFF * max(self.rest[regime], self.rows[regime][0].data_term)
        self.high[regime] = self.high[regime] + 1 if row.data_term > bound else 0
        return self.high[regime] >= max(OFF_LEAST, OFF_SHARE * self.spec.iterations)

    def _remedy(self) -> str:
        """What to try after a training that made things worse."""
        if self.spec.method == "adam":
            return f"Try a smaller first step (now {as_set(self.spec.learning_rate)})."
        return f"Try a smaller initial scale (now {as_set(self.spec.init_scale)})."

    def _worse(self, group: Group, regime: int, last: Row) -> str:
        """What to know of a run that ended worse than at rest, with a space before it, or nothing."""
        rest = self.rest[regime]
        allowance = WORSE_SHARE * float(spread(group.train.part(group.rows([regime])).y)) ** 2
        if last.data_term <= max(WORSE * rest, rest + allowance):
            return ""
        return (
            f" That is worse than no control at all: the data term is {measured(last.data_term)}, "
            f"{measured(rest)} at "
            f"θ = 0. {self._remedy()}"
        )

    def _report(self, regime: int) -> str | Change | None:
        """Tells of an iteration; what is answered."""
        if self.on_progress is None:
            return None
        group, row = self._group(regime), self.rows[regime][-1]
        progress = Progress(
            **row._asdict(),
            iterations=self.spec.iterations,
            regime=regime,
            probe=self.problem.regimes[regime].probe,
            snapshot=lambda: self._snapshot(group, regime),
        )
        before = time.perf_counter()
        answer = self.on_progress(progress)
        self.watched += time.perf_counter() - before
        return answer

    def _hear(self, regime: int, iteration: int, answer: str | Change | None) -> None:
        """Does what was answered to an iteration, and what the spec's changes say."""
        if self.endings[regime] is not None:
            return
        if isinstance(answer, str) or len(self.rows) > 1:
            word, answer = word_alone(answer), None
            if word in STOPS:
                self.endings[regime] = "stopped", STOPS[word].format(iteration)
                return
        change = self.changes.after(iteration, answer)
        if change is not None:
            self._group(regime).turn(regime, change.tikhonov, change.step)

    def _finished(self, regime: int) -> Run:
        rows, place, group = self.rows[regime], self.problem.regimes[regime], self._group(regime)
        sound = [row for row in rows if row.finite]
        last = (sound or rows[:1])[-1]  # what the kept control belongs to, also in a run that diverged
        if group.method.partial:
            rows[rows.index(last)] = last = group.on_all(regime, last)
        snapshots, control = self.snapshots[regime], group.control(regime)
        if last.iteration not in snapshots:
            snapshots[last.iteration] = self._snapshot(group, regime)
        model = self.problem.model(regime, control, group.substeps)
        status, message = self.endings[regime] or ("finished", "")
        held = self._held(group, regime) if status != "diverged" else {}
        worse = self._worse(group, regime, last) if status in ("finished", "converged") else ""
        history = {key: list(column) for key, column in zip(HISTORY, zip(*rows, strict=True), strict=True)}
        summary: dict[str, float | None] = {
            **place.summary(model),
            "train_error": last.train_error,
            "test_error": last.test_error,
            **held,
            "substeps": float(group.substeps),
            "iterations": float(rows[-1].iteration),
            "seconds": self._seconds() if len(self.rows) == 1 else rows[-1].seconds,
        }
        for whose in ("", "pca_"):
            error, variance = summary[f"{whose}test_error"], summary["test_variance"]
            summary[f"{whose}unexplained"] = error / variance if error is not None and variance else None
        probe: dict[str, Array] = {
            **place.probe,
            "snapshot_iterations": np.array(list(snapshots), dtype=np.int64),
            "snapshot_codes": np.stack([s.codes for s in snapshots.values()]),
            "snapshot_outputs": np.stack([s.outputs for s in snapshots.values()]),
        }
        source, path = place.data.source, self.paths[regime]
        if path:
            path[last.iteration] = _array(control)
        return Run(
            place.spec.model_copy(update={"changes": tuple(self.changes.made)}),
            model,
            history,
            status,
            f"{message}{worse}{self._warning(held)}",
            summary,
            probe,
            source.label_names,
            source.columns,
            path=(np.array(list(path), dtype=np.int64), np.stack(list(path.values()))) if path else None,
            loaded=place.data,
        )

    def _held(self, group: Group, regime: int) -> dict[str, float | None]:
        """The network beside its exact flow, for the summary."""
        rows = group.rows([regime])
        found = self.found.get(regime) or group.fidelity(regime)
        exact = fidelity(group.test.part(rows), group.kept[rows])
        return {
            "ode_difference": _number(found.difference),
            "ode_test_error": _number(exact.error),
            "ode_settled": float(found.settled),
        }

    def _warning(self, held: dict[str, float | None]) -> str:
        """What to know of a run that could not be held, a sentence with a space before it, or nothing."""
        allowed, difference = self.spec.fidelity, held.get("ode_difference", 0.0)
        if allowed is None or (difference is not None and difference <= allowed):
            return ""
        how = "without bound" if difference is None else f"by {measured(difference, 2)} of the spread"
        return (
            f" It could not be held to its ODE with {MOST_SUBSTEPS} sub-steps: the network differs {how}, "
            f"where {as_set(allowed)} is allowed. Try a larger λ or more layers."
        )


def _number(value: Tensor) -> float | None:
    """A number, None where it is not finite."""
    return float(value) if math.isfinite(float(value)) else None


def snapshot_iterations(iterations: int) -> frozenset[int]:
    """Iterations whose probe batch is kept: the start, then ever rarer, MOST_SNAPSHOTS - 1 at most."""
    spread = np.geomspace(1, iterations, MOST_SNAPSHOTS - 2).round().astype(int)
    return frozenset({0, *map(int, spread)})


def path_iterations(snapshots: frozenset[int], size: int) -> frozenset[int]:
    """Iterations whose control is kept: those of the snapshots, or as many of them as there is room for.

    Args:
        snapshots: iterations whose probe batch is kept.
        size: numbers P of a control.
    """
    most = PATH_NUMBERS // size - 1  # the last one comes besides
    if most >= len(snapshots):
        return snapshots
    places = np.unique(np.linspace(0, len(snapshots) - 1, max(0, most)).round().astype(int))
    return frozenset(sorted(snapshots)[place] for place in places)


def _array(control: Tensor) -> Array:
    kept: Array = control.detach().cpu().numpy().copy()
    return kept
