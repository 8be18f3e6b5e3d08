"""The training loop: history, snapshots, stopping, divergence; one run or R regimes as one batch."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.changes import Change
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.history import MOST_SNAPSHOTS, PATH_NUMBERS
from autoencode_core.training.by_hand import STOPS, ChangeLog, check_unchanged, word_alone
from autoencode_core.training.checkpoint import fingerprint
from autoencode_core.training.device import flushed, layer_flops, products_as
from autoencode_core.training.endings import Endings
from autoencode_core.training.group import LOOKED, Group, is_looked_at
from autoencode_core.training.loop_checkpoint import go_on, made
from autoencode_core.training.memory import too_large
from autoencode_core.training.outcome import Story, array_of, runs_of
from autoencode_core.training.problem import Problem
from autoencode_core.training.recorded import Recorded
from autoencode_core.training.rescue import Rescue, is_lost, reason
from autoencode_core.training.run import Array, OnProgress, Progress, Run, RunData
from autoencode_core.training.threads import threads_for

WARNING = 0.5
"""Share of the allowed ODE difference at which a rough look on the way doubles the sub-steps."""

COST, NORM, STALLED = (LOOKED.index(name) for name in ("cost", "gradient_norm", "stalled"))

AHEAD: Mapping[str, int] = {"cuda": 16}
"""Most iterations that are on their way before the first of them is looked at, by the type of the device: to
look at a value there is to wait for the work before it, and to leave the device without any meanwhile. Where
looking costs nothing there is one."""
LATE = 0.1
"""Seconds after which an iteration is looked at in any case."""
AHEAD_NUMBERS = 2**26
"""Most numbers that the controls of iterations not looked at yet may fill."""


def train_regimes(
    specs: Sequence[RunSpec],
    on_progress: OnProgress | None = None,
    starts: Tensor | None = None,
    data: Sequence[RunData] | None = None,
    resume: bytes = b"",
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
        resume: what Progress.checkpoint of the same training gave: it goes on from there, and what was told
            last is told once more. On a processor the runs are those of an undisturbed training to the bit.

    Raises:
        CheckpointRefused: the checkpoint is damaged, or of another training.
        InputError: the specs are none or differ in more than λ and seed, or leave λ to be chosen; several
            were to be changed by hand; the data cannot be had or do not fit them, the starts do not fit; the
            device is not there, does not answer, or holds not even the smallest part of the work.
    """
    _check_regimes(specs)
    try:
        problem = Problem(specs, starts, data)
        first = specs[0]
        flops = layer_flops(problem.train.arch, first.batch_size or problem.train.particles)
        with torch.no_grad(), threads_for(flops), flushed(), products_as(first):
            return Loop(problem, on_progress).run(resume)
    except torch.OutOfMemoryError as full:
        raise too_large(specs, data[0].train.shape[1] if data else None) from full
    except RuntimeError as error:
        if not is_lost(error):
            raise
        raise InputError("device", specs[0].device, f"one that answers ({reason(error)})") from error


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


class Loop:
    """A training in progress.

    Args:
        problem: what is trained.
        on_progress: as in train_regimes.

    Attributes:
        recorded: what is recorded of the regimes.
        due, kept_due: iterations whose probe batches, and whose controls, are kept.
        changes: those that were made.
        endings: which regimes have ended.
        groups: regimes that advance together.
        home: the group in which each regime is.
    """

    def __init__(self, problem: Problem, on_progress: OnProgress | None) -> None:
        self.problem, self.spec, self.on_progress = problem, problem.spec, on_progress
        regimes = list(range(len(problem.regimes)))
        self.recorded = Recorded(len(regimes))
        self.due = snapshot_iterations(self.spec.iterations)
        self.kept_due = path_iterations(self.due, problem.theta.shape[1])
        self.changes = ChangeLog(self.spec.changes)
        self.started, self.watched = time.perf_counter(), 0.0
        self.endings, self.ahead = Endings(self.spec, problem.train), 1
        self.groups = [Group(problem, regimes, problem.theta, self.spec.substeps)]
        self.home = dict.fromkeys(regimes, self.groups[0])
        self.rescue = Rescue()

    def run(self, resume: bytes = b"") -> list[Run]:
        """Trains to the end, from the start or from a checkpoint."""
        try:
            if resume:
                self._resume(resume)
            else:
                self._observe(self.groups[0], self.groups[0].look(), self.seconds)
            while going := [group for group in self.groups if self._running(group).any()]:
                self._advance(min(going, key=lambda group: group.iteration))
            return self._runs()
        except RuntimeError as error:
            if not (is_lost(error) and self.rescue.controls):
                raise
            self._fall_back(error)
        return self._runs()

    @cached_property
    def fingerprint(self) -> str:
        """What tells this training from others: its specs, where it starts, and particles."""
        specs = [spec.model_dump_json() for spec in self.problem.specs]
        seen = [regime.probe[name] for regime in self.problem.regimes for name in ("inputs", "targets")]
        return fingerprint([*specs, array_of(self.problem.theta), *seen])

    def _resume(self, checkpoint: bytes) -> None:
        """Goes on from a checkpoint, and tells once more of where all regimes stand there."""
        go_on(self, checkpoint)
        self._save()
        self._tell(range(len(self.home)))

    def _runs(self) -> list[Run]:
        runs: dict[int, Run] = {}
        for group in self.groups:
            stories = [self._story(regime) for regime in group.regimes if self.home[regime] is group]
            made = runs_of(self.problem, group, stories, self.changes.made) if stories else []
            runs.update(zip((story.regime for story in stories), made, strict=True))
        return [run for _, run in sorted(runs.items())]

    def _fall_back(self, error: RuntimeError) -> None:
        """The device is lost: regimes end with what the host has of them, and go to the processor."""
        kept, said = self.rescue.iterations, f"the device {self.problem.device} was lost ({reason(error)})"
        for regime, iteration in kept.items():
            if self.endings.of[regime] is None or iteration < self.recorded.last[regime]:
                self.endings.of[regime] = (
                    "stopped",
                    f"Stopped after {iteration} iterations: {said}. What it had until then is kept.",
                )
        self.recorded.cut(kept)
        self.changes.made = [change for change in self.changes.made if change.iteration < max(kept.values())]
        made = {"changes": tuple(self.changes.made)}
        self.problem.move_to_processor([s.model_copy(update=made).weight for s in self.problem.specs])
        self.groups = self.rescue.groups(self.problem)
        self.home = {regime: group for group in self.groups for regime in group.regimes}

    @property
    def seconds(self) -> float:
        """Since the start, without what whoever watches took, be it a pause."""
        return time.perf_counter() - self.started - self.watched

    def _running(self, group: Group) -> NDArray[np.bool_]:
        """Which regimes of a group still train there."""
        running: NDArray[np.bool_] = group.here & self.endings.running[group.numbers]
        return running

    def _advance(self, group: Group) -> None:
        """Some iterations of a group, up to the first in which something is decided."""
        begun, count = self.seconds, self._count(group)
        tables = group.advance(count, self._running(group))
        each = (self.seconds - begun) / count
        self.ahead = min(2 * count, max(1, int(LATE / max(each, 1e-9))))
        for done, table in enumerate(tables, 1):
            group.show()
            self._observe(group, table, begun + done * each)
            if not group.ahead and done < count:
                self.ahead = 1  # something was decided amid these, and may be again soon
                return

    def _count(self, group: Group) -> int:
        """How many iterations of a group may be made before they are looked at."""
        most = AHEAD.get(group.kept.device.type, 1) if group.method.runs_ahead else 1
        most = min(most, self.ahead, max(1, AHEAD_NUMBERS // group.kept.numel()))
        first, last = group.iteration + 1, min(group.iteration + most, self.spec.iterations)
        return next((i for i in range(first, last) if is_looked_at(i)), last) - group.iteration

    def _observe(self, group: Group, table: Array, seconds: float) -> None:
        """Records an iteration of every regime of a group that runs, and decides which of them end here."""
        iteration, places = group.iteration, np.flatnonzero(self._running(group))
        regimes, looked = group.numbers[places], table[places]
        sound = np.isfinite(looked[:, COST]) & np.isfinite(looked[:, NORM])
        if is_looked_at(iteration) and sound.any():
            self.recorded.rough[regimes[sound]] = group.rough(regimes[sound].tolist())
        rows = self._record(group, regimes, looked, seconds)
        stalled = looked[:, STALLED] > 0
        ends = self.endings.due(group, regimes, rows, sound, stalled)
        if ends.any():
            group.settle()
        for place in np.flatnonzero(ends):
            regime = int(regimes[place])
            self.endings.end(group, regime, self.recorded.row(regime), bool(stalled[place]))
        leaving = []
        if ends.any() or is_looked_at(iteration):
            leaving = self._leaving(group, regimes[sound].tolist())
        if leaving:
            group.settle()
            self._refine(group, leaving)
        self._keep(iteration, regimes[sound].tolist())
        if self.rescue.due or ends.any() or leaving:
            self._save()
        if self.on_progress is not None or self.spec.changes:
            self._tell(regimes.tolist())

    def _save(self) -> None:
        """Controls to the host, of all regimes where they are now."""
        for group in self.groups:
            own = [regime for regime in group.regimes if self.home[regime] is group]
            if own:
                self.rescue.keep(group, own, self.recorded.last)

    def _record(self, group: Group, regimes: Array, looked: Array, seconds: float) -> Array:
        """Rows of some regimes of a group, (r, columns of a Row)."""
        return self.recorded.record(regimes, group.iteration, looked[:, :STALLED], group.substeps, seconds)

    def _keep(self, iteration: int, regimes: list[int]) -> None:
        """Snapshots and controls of an iteration, where they are due."""
        for group in self.groups if iteration in self.due else ():
            own = [regime for regime in regimes if self.home[regime] is group]
            for regime, shown in zip(own, group.snapshots(own), strict=True):
                self.recorded.snapshots[regime][iteration] = shown
            if iteration in self.kept_due and own:
                for regime, control in zip(own, array_of(group.kept[group.rows(own)]), strict=True):
                    self.recorded.paths[regime][iteration] = control

    # -- keeping to the ODE --

    def _leaving(self, group: Group, sound: list[int]) -> list[int]:
        """Regimes of a group that leave their ODE, and could be held by more sub-steps."""
        allowed, endings, found = self.spec.fidelity, self.endings.of, self.recorded.found
        if allowed is None or not group.refinable:
            return []
        ended = [r for r in sound if (endings[r] or ("stopped",))[0] != "stopped"]
        found.update(zip(ended, group.fidelity(ended), strict=True))
        leaving = [r for r in ended if not float(found[r].difference) <= allowed]
        if is_looked_at(group.iteration):
            rough = self.recorded.rough
            leaving += [r for r in sound if endings[r] is None and rough[r] > WARNING * allowed]
        return sorted(leaving)

    def _refine(self, group: Group, leaving: list[int]) -> None:
        """Doubles the sub-steps of some regimes, which go on from the same control.

        At the last iteration there is no going on, but the control is told of at the sub-steps that hold it.
        """
        rows, iteration = group.rows(leaving), group.iteration
        before = group.method, rows
        finer = Group(self.problem, leaving, group.kept[rows], 2 * group.substeps, iteration, before)
        group.here[rows.cpu().numpy()] = False
        self.groups.append(finer)
        self.home.update(dict.fromkeys(leaving, finer))
        looked, over = finer.look(), iteration == self.spec.iterations
        for regime in leaving:
            self.recorded.found.pop(regime, None)
            if not over:
                self.endings.of[regime] = None
        if over:
            self._record(finer, np.array(leaving), looked, self.recorded.row(leaving[0]).seconds)
            again = self._leaving(finer, leaving)
            if again:
                self._refine(finer, again)

    # -- whoever watches --

    def _tell(self, regimes: Sequence[int]) -> None:
        """Tells of where regimes stand, and does what is answered."""
        for regime in regimes:
            self._hear(regime, int(self.recorded.last[regime]), self._report(regime))

    def _report(self, regime: int) -> str | Change | None:
        """Tells of an iteration; what is answered."""
        if self.on_progress is None:
            return None
        group = self.home[regime]
        progress = Progress(
            **self.recorded.row(regime)._asdict(),
            iterations=self.spec.iterations,
            regime=regime,
            probe=self.problem.regimes[regime].probe,
            snapshot=lambda: group.snapshots([regime])[0],
            history=lambda: self.recorded.history(regime),
            checkpoint=lambda: made(self),
        )
        before = time.perf_counter()
        answer = self.on_progress(progress)
        self.watched += time.perf_counter() - before
        return answer

    def _hear(self, regime: int, iteration: int, answer: str | Change | None) -> None:
        """Does what was answered to an iteration, and what the spec's changes say."""
        if self.endings.of[regime] is not None:
            return
        group = self.home[regime]
        if isinstance(answer, str) or len(self.endings.of) > 1:
            word, answer = word_alone(answer), None
            if word in STOPS:
                group.settle()
                self.endings.of[regime] = "stopped", STOPS[word].format(iteration)
                return
        change = self.changes.after(iteration, answer)
        if change is not None:
            group.settle()
            group.turn(regime, change.tikhonov, change.step)

    def _story(self, regime: int) -> Story:
        recorded = self.recorded
        rows = [recorded.row(regime, iteration) for iteration in range(recorded.last[regime] + 1)]
        ending = self.endings.of[regime] or ("finished", "")
        return Story(
            regime,
            float(self.endings.rest[regime]),
            rows,
            ending,
            recorded.snapshots[regime],
            recorded.paths[regime],
            recorded.found.get(regime),
            self.seconds if len(recorded.last) == 1 else rows[-1].seconds,
        )


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
