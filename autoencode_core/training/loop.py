"""The training loop: history, snapshots, stopping, divergence; one run or R regimes as one batch."""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.training.adam import Adam
from autoencode_core.training.device import flushed, layer_flops, threads_for
from autoencode_core.training.history import HISTORY, Row, Status
from autoencode_core.training.lbfgs import Lbfgs
from autoencode_core.training.method import Method
from autoencode_core.training.pmp import Pmp
from autoencode_core.training.problem import Problem
from autoencode_core.training.run import PATH_NUMBERS, SNAPSHOTS, Array, Progress, Run, Snapshot

METHODS: dict[str, type[Method]] = {"pmp": Pmp, "adam": Adam, "lbfgs": Lbfgs}
"""The training methods by the name that RunSpec.method uses."""

NEGLIGIBLE = 1e-4
"""A stall counts as converged where a unit step along -∇J promises at most this share of the cost."""

OnProgress = Callable[[Progress], str | None]


def train(spec: RunSpec, on_progress: OnProgress | None = None) -> Run:
    """Trains one AutoencODE.

    Args:
        spec: all knobs.
        on_progress: called after the start and after each iteration, without autograd; it may return "stop".

    Returns:
        The run; one that diverged comes back too, with status "diverged", the cause in its message
        and the last finite control.

    Raises:
        InputError: the data cannot be had or do not fit the spec, or the device is not there.
    """
    return train_regimes([spec], on_progress)[0]


def train_regimes(
    specs: Sequence[RunSpec], on_progress: OnProgress | None = None, starts: Tensor | None = None
) -> list[Run]:
    """Trains regimes that differ in λ and seed only, as one batch.

    Args:
        specs: one per regime, at least one.
        on_progress: as in `train`, called for each regime that still runs; "stop" ends that regime.
        starts: initial controls (R, P) in the place of those that the seeds give.

    Raises:
        InputError: as in `train`, the specs are none or differ in more than λ and seed, or the starts do
            not fit.
    """
    _check_regimes(specs)
    problem = Problem(specs, starts)
    flops = layer_flops(problem.train.arch, problem.train.particles)
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


class _Loop:
    def __init__(self, problem: Problem, on_progress: OnProgress | None) -> None:
        self.problem, self.spec, self.on_progress = problem, problem.spec, on_progress
        regimes = range(len(problem.regimes))
        self.rows: list[list[Row]] = [[] for _ in regimes]
        self.snapshots: list[dict[int, Snapshot]] = [{} for _ in regimes]
        self.endings: list[tuple[Status, str] | None] = [None for _ in regimes]
        self.paths: list[dict[int, Array]] = [{} for _ in regimes]
        self.due = snapshot_iterations(self.spec.iterations)
        self.kept_due = path_iterations(self.due, problem.theta.shape[1])
        self.started = time.perf_counter()

    def run(self) -> list[Run]:
        method = METHODS[self.spec.method](self.problem.train, self.problem.theta, self.problem.specs)
        self.kept = method.theta
        self._observe(method, 0)
        for iteration in range(1, self.spec.iterations + 1):
            running = [ending is None for ending in self.endings]
            if not any(running):
                break
            method.advance(torch.tensor(running, device=method.theta.device))
            self._observe(method, iteration)
        return [self._finished(regime) for regime in range(len(self.rows))]

    def _observe(self, method: Method, iteration: int) -> None:
        """Records an iteration of every regime that runs, and decides which of them end here."""
        terms, error = method.terms, self.problem.test.cost(method.theta).error
        parts = (
            terms.cost,
            terms.data_term,
            terms.penalty,
            terms.error,
            error,
            method.gradient_norm(),
            method.step,
        )
        table = torch.stack(parts).cpu().double().T.tolist()
        stalled, seconds = method.stalled.tolist(), time.perf_counter() - self.started
        rows = [Row._make((iteration, *values, seconds)) for values in table]
        finite = [_finite(row) for row in rows]
        sound = torch.tensor(finite, device=method.theta.device)[:, None]
        self.kept = method.theta if all(finite) else torch.where(sound, method.theta, self.kept)
        reported: list[tuple[int, Row]] = []
        for regime, row in enumerate(rows):
            if self.endings[regime] is None:
                self.rows[regime].append(row)
                self.endings[regime] = self._ending(method, regime, row, finite[regime], stalled[regime])
                reported.append((regime, row))
        if iteration in self.due:
            due = [regime for regime, _ in reported if finite[regime]]
            for regime, snapshot in zip(due, self.problem.snapshots(due, self.kept), strict=True):
                self.snapshots[regime][iteration] = snapshot
        if iteration in self.kept_due:
            for regime, _ in reported:
                if finite[regime]:
                    self.paths[regime][iteration] = _array(self.kept[regime])
        for regime, row in reported:
            self._report(regime, row)

    def _ending(
        self, method: Method, regime: int, row: Row, finite: bool, stalled: bool
    ) -> tuple[Status, str] | None:
        spec, iteration, norm = self.spec, row.iteration, row.gradient_norm
        if not finite:
            cause = self.problem.train.cause_of_divergence(method.theta, regime)
            return "diverged", (
                f"Diverged at iteration {iteration}: {cause}. Try a smaller first step "
                f"(now {spec.learning_rate:g}), initial scale (now {spec.init_scale:g}) "
                f"or horizon (now {spec.horizon:g})."
            )
        if norm <= spec.tolerance:
            return (
                "converged",
                f"Converged after {iteration} iterations: ‖∇J‖ = {norm:.2g} is within the tolerance.",
            )
        if stalled and norm**2 <= NEGLIGIBLE * max(1.0, row.cost):
            return "converged", (
                f"Converged after {iteration} iterations, as far as {spec.dtype} can tell "
                f"(‖∇J‖ = {norm:.2g})."
            )
        if stalled:
            return "finished", (
                f"Ended after {iteration} iterations: {spec.method} finds no step that lowers the cost, far "
                f"from stationary (‖∇J‖ = {norm:.2g}). Try a smaller initial scale or horizon, or float64."
            )
        if iteration == spec.iterations:
            return "finished", f"All {iteration} iterations done (‖∇J‖ = {norm:.2g})."
        return None

    def _report(self, regime: int, row: Row) -> None:
        if self.on_progress is None:
            return
        theta, problem = self.kept, self.problem
        progress = Progress(
            **row._asdict(),
            iterations=self.spec.iterations,
            regime=regime,
            probe=problem.regimes[regime].probe,
            snapshot=lambda: problem.snapshots([regime], theta)[0],
        )
        if self.on_progress(progress) == "stop" and self.endings[regime] is None:
            self.endings[regime] = "stopped", f"Stopped by hand after {row.iteration} iterations."

    def _finished(self, regime: int) -> Run:
        rows, place = self.rows[regime], self.problem.regimes[regime]
        sound = [row for row in rows if _finite(row)]
        last = (sound or rows[:1])[-1]  # what the kept control belongs to, also in a run that diverged
        snapshots = self.snapshots[regime]
        if last.iteration not in snapshots:
            snapshots[last.iteration] = self.problem.snapshots([regime], self.kept)[0]
        history = {key: list(column) for key, column in zip(HISTORY, zip(*rows, strict=True), strict=True)}
        model = self.problem.model(regime, self.kept)
        status, message = self.endings[regime] or ("finished", "")
        summary = {
            **place.summary(model),
            "train_error": last.train_error,
            "test_error": last.test_error,
            "iterations": float(rows[-1].iteration),
            "seconds": history["seconds"][-1],
        }
        probe: dict[str, Array] = {
            **place.probe,
            "snapshot_iterations": np.array(list(snapshots), dtype=np.int64),
            "snapshot_codes": np.stack([s.codes for s in snapshots.values()]),
            "snapshot_outputs": np.stack([s.outputs for s in snapshots.values()]),
        }
        source, path = place.data.source, self.paths[regime]
        if path:
            path[last.iteration] = _array(self.kept[regime])
        return Run(
            place.spec,
            model,
            history,
            status,
            message,
            summary,
            probe,
            source.label_names,
            source.columns,
            path=(np.array(list(path), dtype=np.int64), np.stack(list(path.values()))) if path else None,
            loaded=place.data,
        )


def _finite(row: Row) -> bool:
    return math.isfinite(row.cost) and math.isfinite(row.gradient_norm)


def snapshot_iterations(iterations: int) -> frozenset[int]:
    """Iterations whose probe batch is kept: the start, then ever further apart, at most SNAPSHOTS - 1."""
    spread = np.geomspace(1, iterations, SNAPSHOTS - 2).round().astype(int)
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
