"""The mean-field limit N -> ∞: one spec trained on more and more particles, and the rates of decay."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.mean_field.rates import fitted_rates
from autoencode_core.analysis.mean_field.wasserstein import (
    DIRECTIONS,
    MOST_ASSIGNED,
    Reference,
    exact_wasserstein,
)
from autoencode_core.analysis.run_particles import Array, Particles, drawn, training_particles
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.questions import mean_field
from autoencode_core.report import Report, silent
from autoencode_core.spec import RunSpec
from autoencode_core.training.distinct_minimisers import maps_apart
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import DTYPES, OnProgress, Progress, Run
from autoencode_core.training.sweep import batches

COUNTS = tuple(2**power for power in range(4, 13))
"""Numbers of particles that are trained on by default."""
MOST_COUNT, MOST_RUNS = 100_000, 400
LAW = 2**31
"""Seed of the fresh sample, which no spec can have."""
PARTS = 20
"""Parts of the fresh sample, whose scatter tells the error of its cost."""
COMPARED = 2000
"""Fresh particles on which maps are compared."""
REFERENCE = 20_000
"""Most fresh particles that sliced W_1 is measured against."""
TURNED = 20.0
"""Degrees from which axes count as turned."""
ROUNDS = 4
"""A training that ends at its iteration limit is trained on, to at most that many times as many."""
TIED = 1e-4
"""Share of J up to which two starts count as equally good: then the first of them counts."""


def particles(
    run: Run | RunSpec,
    counts: Sequence[int] | None = None,
    seeds: Sequence[int] = (0, 1, 2, 3),
    starts: int = 3,
    iterations: int | None = None,
    fresh: int = 20_000,
    report: Report | None = None,
) -> mean_field.Particles:
    """Trains a spec on N particles for several N and samples, and measures how fast the limit is reached.

    Each seed draws one sample, of which N particles are the first N. At each N and sample the training begins
    at several controls, the same ones everywhere, and what ends at its iteration limit is trained on by
    lbfgs. Of those that converged the one with the lowest J counts. Where none did, the point is no
    minimiser: it is told, and no rate is fitted through it.

    Args:
        run: a run, of which only the spec counts, or a spec.
        counts: numbers of particles (c,), ascending; by default 16, 32, ..., 4096, as far as the data go.
        seeds: seeds of the samples (s,), from 0, each once.
        starts: initial controls, from 1: those that the spec's own seed and the next ones give.
        iterations: most iterations of each training; that of the spec by default. Those that end there are
            trained on, to at most ROUNDS times as many.
        fresh: particles of the fresh sample, 100 to 1,000,000. A finite data set has no fresh particles:
            there the test part of each seed takes their place.
        report: progress, told of every iteration.

    Raises:
        InputError: an argument or the data cannot be used.

    Source:
        docs/theory.md, section 6.
    """
    spec, report = (run if isinstance(run, RunSpec) else run.spec).unchanged(), report or silent
    numbers, samples = _counts(spec, counts), _seeds(seeds)
    if not isinstance(starts, int) or isinstance(starts, bool) or starts < 1:
        raise InputError("starts", starts, "a whole number from 1")
    if len(numbers) * len(samples) * starts > MOST_RUNS:
        raise InputError("seeds", len(samples), f"fewer: at most {MOST_RUNS} trainings in all")
    if not isinstance(fresh, int) or isinstance(fresh, bool) or not 100 <= fresh <= 1_000_000:
        raise InputError("fresh", fresh, "a whole number from 100 to 1000000")
    spec = spec if iterations is None else spec.but(iterations=iterations)
    trainings = trained(spec, numbers, samples, starts, report)
    runs = [[best(each) for each in same] for same in trainings]
    ended = _endings(trainings, runs)
    found, there = _compared(runs, fresh, report)
    reference = min(there, REFERENCE)
    return {
        "counts": np.array(numbers),
        "seeds": np.array(samples),
        **found,
        **ended,
        **fitted_rates(numbers, found, ended["converged"], there, reference),
        "starts": len(trainings[0][0]),
        "fresh": there,
        "reference": reference,
        "directions": 0 if spec.card().width == 1 else DIRECTIONS,
        "note": _note(spec, found, ended, there),
    }


def trained(
    spec: RunSpec,
    counts: Sequence[int],
    seeds: Sequence[int],
    starts: int = 1,
    report: Report | None = None,
) -> list[list[list[Run]]]:
    """The runs of a spec on the first N particles of several samples, from several controls each.

    Args:
        spec: all other knobs.
        counts: numbers of particles.
        seeds: seeds of the samples.
        starts: initial controls, from 1; all are one where the initial scale is 0.
        report: progress, told of every iteration.

    Returns:
        For each number of particles and each sample a run for each start; those of one number train as one
        batch. What ends before it converged is trained on by lbfgs, whatever the method of the spec.
    """
    shape, most = Architecture.of(spec, spec.card().width).shape, 2**31
    drawn_from = [(spec.seed + k) % most for k in range(starts if spec.init_scale else 1)]
    scales = spec.init_scale, DTYPES[spec.dtype], spec.init_outer
    controls = torch.stack([shape.initial(seed, *scales) for seed in drawn_from])
    runs, whole, before = list[list[list[Run]]](), sum(counts), 0
    for count in counts:
        size = min(spec.batch_size, count)
        samples = [spec.but(particles=count, batch_size=size, seed=s, data_seed=None) for s in seeds]
        words = f"{len(seeds)} {'sample' if len(seeds) == 1 else 'samples'} of {count} particles"
        told = _Told(report or silent, before / whole, count / whole, words)
        each = [sample for sample in samples for _ in controls]
        found = _converging(each, controls.repeat(len(samples), 1), told)
        runs.append([found[first : first + len(controls)] for first in range(0, len(found), len(controls))])
        before += count
    return runs


def _converging(specs: Sequence[RunSpec], starts: Tensor, told: "_Told") -> list[Run]:
    """The runs of specs from their starts (R, P), trained on as long as they end at the iteration limit."""
    runs = _batched(specs, starts, told.turn(0))
    further = [_by_lbfgs(spec) for spec in specs]
    for turn in range(1, ROUNDS):
        on = [place for place, run in enumerate(runs) if run.status == "finished"]
        if not on:
            break
        ends = torch.stack([runs[place].model.control.vector for place in on])
        for place, run in zip(on, _batched([further[i] for i in on], ends, told.turn(turn)), strict=True):
            runs[place] = run
    return runs


def _by_lbfgs(spec: RunSpec) -> RunSpec:
    """The same J by the method that converges fastest; adam's steps never do."""
    if spec.method == "lbfgs":
        return spec
    return spec.but(method="lbfgs", iterations=spec.iterations, learning_rate=1.0, batch_size=0)


def _batched(specs: Sequence[RunSpec], starts: Tensor, told: "_Told") -> list[Run]:
    runs = list[Run]()
    for part in batches(specs):
        on_progress = told.part(len(runs) / len(specs), len(part) / len(specs))
        runs += train_regimes(part, on_progress, starts[len(runs) : len(runs) + len(part)])
    return runs


def best(runs: Sequence[Run]) -> Run:
    """Of several starts the converged run with the lowest J.

    Where none converged it is the lowest of those that did not diverge; of several with the same J the first.

    Args:
        runs: the starts of one problem, at least one.
    """
    sound = [run for run in runs if run.status == "converged"]
    sound = sound or [run for run in runs if run.status != "diverged"]
    least = min((_cost(run) for run in sound), default=np.nan)
    return next((run for run in sound if _cost(run) <= least + TIED * abs(least)), runs[0])


def _cost(run: Run) -> float:
    return run.history["cost"][-1]


def _counts(spec: RunSpec, counts: Sequence[int] | None) -> list[int]:
    most = min(spec.card().most_particles or MOST_COUNT, MOST_COUNT)
    if counts is None:
        counts = [count for count in COUNTS if count <= most]
        if len(counts) < 2:
            raise InputError("dataset", spec.dataset, f"one of at least {COUNTS[1]} training particles")
    chosen = list(counts)
    whole = all(isinstance(count, int) and not isinstance(count, bool) for count in chosen)
    if not whole or len(chosen) < 2 or chosen[0] < 1 or chosen[-1] > most or chosen != sorted({*chosen}):
        raise InputError("counts", chosen, f"at least two whole numbers from 1 to {most}, ascending")
    return chosen


def _seeds(seeds: Sequence[int]) -> list[int]:
    chosen = list(seeds)
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) for seed in chosen)
    if not chosen or not whole or len({*chosen}) < len(chosen) or min(chosen) < 0 or max(chosen) >= LAW:
        raise InputError("seeds", chosen, f"at least one whole number from 0 to {LAW - 1}, each once")
    return chosen


@dataclass(frozen=True)
class _Told:
    """A report of the trainings on one number of particles: its stretch of the whole, and where it is."""

    report: Report
    before: float
    share: float
    words: str

    def turn(self, turn: int) -> "_Told":
        """Of one of the rounds."""
        words = f"Training {'on, ' if turn else ''}{self.words}."
        return _Told(self.report, self.before + turn * self.share / ROUNDS, self.share / ROUNDS, words)

    def part(self, start: float, share: float) -> OnProgress:
        """Of a batch, which begins after some share of its round."""

        def on_progress(progress: Progress) -> None:
            done = start + share * progress.iteration / progress.iterations
            self.report(self.before + self.share * done, self.words)

        return on_progress


def _law(run: Run, count: int) -> Particles:
    """Particles that a run has not seen: fresh ones of its law, or of a finite data set its test part."""
    if run.spec.card().most_particles is None:
        return drawn(run, count, LAW)
    source = run.data.source
    labels = np.empty(0, np.int64) if source.test_labels is None else source.test_labels
    targets: Array = source.test_targets
    if run.spec.task == "classify":
        targets = label_positions(len(source.label_names), run.spec.bottleneck)[labels]
    return Particles(source.test, targets, labels, source.test_hue, 0)


def _compared(runs: Sequence[Sequence[Run]], fresh: int, report: Report) -> tuple[mean_field.Measured, int]:
    """What is measured on the best runs, and how many fresh particles there were."""

    def unknown() -> Array:
        return np.full((len(runs), len(runs[0])), np.nan)

    found: mean_field.Measured = {
        "train_cost": unknown(),
        "fresh_cost": unknown(),
        "gap": unknown(),
        "fresh_error": unknown(),
        "fixed_gap": unknown(),
        "control_distance": unknown(),
        "map_distance": unknown(),
        "turned": unknown(),
        "exact_wasserstein": unknown(),
        "sliced_wasserstein": unknown(),
    }
    finite = runs[0][0].spec.card().most_particles is not None
    law: Particles | None = None
    for s, last in enumerate(runs[-1]):
        if law is None or finite:  # a made set has one law, of a finite one each seed has its own test part
            law = _law(last, fresh)
        flow = last.model.coordinates.to_flow
        reference = Reference(flow(law.inputs[:REFERENCE]))
        at_last = _on(last, law)[0]
        for c, same in enumerate(runs):
            report(None, f"Measuring sample {s + 1} of {len(same)}, {same[s].spec.particles} particles.")
            train = np.asarray(flow(same[s].data.source.train))
            found["sliced_wasserstein"][c, s] = reference.distance(train)
            found["exact_wasserstein"][c, s] = _exact(train, np.asarray(flow(law.inputs)), s)
            _measure(found, (c, s), same[s], last, law, at_last)
    return found, 0 if law is None else len(law.inputs)


def _endings(
    trainings: Sequence[Sequence[Sequence[Run]]], runs: Sequence[Sequence[Run]]
) -> mean_field.Endings:
    """How the trainings of each point ended, (c, s) each; runs are the best of them."""

    def lower(starts: Sequence[Run], chosen: Run) -> bool:
        below = _cost(chosen) - TIED * abs(_cost(chosen))
        return any(run.status == "finished" and _cost(run) < below for run in starts)

    ended = np.array([[run.status for run in same] for same in runs])
    reached = [[sum(run.status == "converged" for run in starts) for starts in same] for same in trainings]
    pairs = [zip(*each, strict=True) for each in zip(trainings, runs, strict=True)]
    return {
        "converged": ended == "converged",
        "diverged": ended == "diverged",
        "converged_starts": np.array(reached),
        "lower": np.array([[lower(*each) for each in same] for same in pairs]),
    }


def _exact(train: Array, fresh: Array, sample: int) -> float:
    """Exact W_1 to as many fresh particles, of which each sample has others as far as they go."""
    count = len(train)
    if count > min(MOST_ASSIGNED, len(fresh)):
        return np.nan
    first = sample % (len(fresh) // count) * count
    return exact_wasserstein(train, fresh[first : first + count])


def _measure(
    found: mean_field.Measured, at: tuple[int, int], run: Run, last: Run, law: Particles, at_last: float
) -> None:
    """Tell of a run beside the one of most particles; nothing when it diverged."""
    if run.status == "diverged":
        return
    (mean, error), train = _on(run, law), run.history["cost"][-1]
    cost = mean + run.history["penalty"][-1]
    found["train_cost"][at], found["fresh_cost"][at] = train, cost
    found["gap"][at], found["fresh_error"][at] = cost - train, error
    if last.status == "diverged":
        return
    found["fixed_gap"][at] = at_last - _on(last, training_particles(run))[0]
    difference = (run.model.control.vector - last.model.control.vector).double()
    size = float(torch.linalg.vector_norm(difference))
    found["control_distance"][at] = size * run.model.architecture.step**0.5
    found["map_distance"][at] = float(np.sqrt(maps_apart([last, run], law.inputs[:COMPARED])[0, 1]))
    axes, theirs = (np.asarray(each.model.coordinates.arrays()[2]) for each in (run, last))
    chord = float(np.linalg.norm(axes.T @ theirs - np.eye(len(axes)), 2))
    found["turned"][at] = float(np.degrees(2 * np.arcsin(min(1.0, chord / 2))))


def _on(run: Run, law: Particles) -> tuple[float, float]:
    """The data term of a run on other particles, and its standard error."""
    model, terms, sizes = run.model, list[float](), list[int]()
    for part in np.array_split(np.arange(len(law.inputs)), min(PARTS, len(law.inputs))):
        x = y = model.to_engine(law.inputs[part])
        if run.spec.task == "classify":
            y = torch.as_tensor(law.targets[part].T.copy())[None].to(x)
        elif law.targets is not law.inputs:
            y = model.to_engine(law.targets[part])
        with torch.no_grad():
            objective = Objective(model.architecture, x, y, x.new_zeros(1))
            terms.append(float(objective.cost(model.control.vector[None]).data_term))
        sizes.append(len(part))
    scatter = np.std(terms, ddof=1) / np.sqrt(len(terms)) if len(terms) > 1 else np.nan
    return float(np.average(terms, weights=sizes)), float(scatter)


def _note(spec: RunSpec, found: mean_field.Measured, ended: mean_field.Endings, fresh: int) -> str:
    converged, diverged = ended["converged"], ended["diverged"]
    said, points, open_ends = list[str](), converged.size, ~(converged | diverged)
    if open_ends.any():
        said.append(
            f"At {int(open_ends.sum())} of the {points} points no training converged, in up to "
            f"{ROUNDS * spec.iterations} iterations: no minimisers, and no rate is fitted through them."
        )
    if (converged & ended["lower"]).any():
        said.append(
            f"At {int((converged & ended['lower']).sum())} points a training that did not converge "
            "lies lower than the best one that did: there the minimiser may be another."
        )
    if diverged.any():
        said.append(f"At {int(diverged.sum())} points every training diverged: they are left out.")
    if not np.isfinite(found["exact_wasserstein"]).all():
        most = min(MOST_ASSIGNED, fresh)
        why = "its work grows like N³" if most == MOST_ASSIGNED else "there are no more fresh ones"
        said.append(f"Exact W₁ is told up to {most} particles: {why}.")
    if spec.card().most_particles is not None:
        said.append("The data are finite: the test part of each sample takes the place of fresh particles.")
    if np.nanmax(found["turned"], initial=0.0) > TURNED:
        said.append(
            "The axes of the flow turn with the sample, so the distance between controls compares different "
            "coordinates: look at that between maps, or take raw coordinates."
        )
    return " ".join(said)
