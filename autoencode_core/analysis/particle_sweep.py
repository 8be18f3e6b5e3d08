"""The mean-field limit N -> ∞: one spec trained on more and more particles, and the rates of decay."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy import stats

from autoencode_core.analysis.particles import Array, Particles, Report, drawn, silent, training_particles
from autoencode_core.analysis.wasserstein import DIRECTIONS, Reference
from autoencode_core.data.catalogue import card
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import OnProgress, train_regimes
from autoencode_core.training.minimisers import maps_apart
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import DTYPES, Progress, Run
from autoencode_core.training.sweep import batches

COUNTS = tuple(2**power for power in range(4, 13))
"""Numbers of particles that are trained on by default."""
MOST_COUNT, MOST_RUNS = 100_000, 400
LAW = 2**31
"""Seed of the fresh sample, which no spec can have."""
PARTS = 20
"""Parts of the fresh sample, whose scatter tells the error of its cost."""
CLEAR = 2.0
"""A rate is fitted as far as the gap is that many times the error of the fresh cost."""
FEW = 4
"""A rate is fitted on samples that many times smaller than what they are compared with."""
COMPARED = 2000
"""Fresh particles on which maps are compared."""
REFERENCE = 20_000
"""Most fresh particles that W_1 is measured against."""
TURNED = 20.0
"""Degrees from which axes count as turned."""
RATES = ("gap", "fixed_gap", "control_distance", "map_distance", "wasserstein")
"""What a rate is fitted to."""


def particle_sweep(
    run: Run | RunSpec,
    counts: Sequence[int] | None = None,
    seeds: Sequence[int] = (0, 1, 2, 3),
    iterations: int | None = None,
    fresh: int = 20_000,
    report: Report | None = None,
) -> dict[str, Any]:
    """Trains a spec on N particles for several N and samples, and measures how fast the limit is reached.

    Each seed draws one sample, of which N particles are the first N. All runs begin at the control that the
    spec's own seed gives, so that they differ in their particles alone.

    Args:
        run: a run, of which only the spec counts, or a spec.
        counts: numbers of particles (c,), ascending; by default 16, 32, ..., 4096, as far as the data go.
        seeds: seeds of the samples (s,), from 0, each once.
        iterations: most iterations of each training; that of the spec by default.
        fresh: particles of the fresh sample, 100 to 1,000,000. A finite data set has no fresh particles:
            there the test part of each seed takes their place.
        report: progress, told of every iteration.

    Returns:
        counts (c,); seeds (s,); and (c, s), with ref the run of the seed on the most particles: train_cost, J
        on the N particles; fresh_cost, J on the fresh ones; gap, the second less the first; fresh_error,
        standard error of fresh_cost; fixed_gap, the gap of θ_ref whatever N: what the sample alone does,
        without a training that fits the control to it; control_distance, ‖θ_N - θ_ref‖ in L²(0,T), each in
        its own run's coordinates; map_distance, root mean squared distance of the outputs from those of ref,
        as a share of the data's spread; wasserstein, W_1 between the N particles and the fresh ones (sliced
        where d > 1), data units; turned, degrees between the axes of the flow and those of ref; diverged.
        For each q of gap, fixed_gap, control_distance, map_distance and wasserstein: q_rate (4,), slope of
        log q against log N, low and high end of its 95 % band, and log q at N = 1 (see `power_law`), NaN
        where it cannot be told; q_fitted (c,), which N that is fitted to (at least three): those well below
        the N of what they are compared with, and with a gap that stands out from the error of the fresh cost.
        directions, lines that the sliced distance averages over, 0 where it is W_1 itself; fresh and
        reference, the fresh particles there were for the cost and for W_1; note.

    Raises:
        InputError: an argument or the data cannot be used.

    Source:
        theory.md section 6.
    """
    spec, report = run if isinstance(run, RunSpec) else run.spec, report or silent
    numbers, samples = _counts(spec, counts), _seeds(seeds)
    if len(numbers) * len(samples) > MOST_RUNS:
        raise InputError("seeds", len(samples), f"fewer: at most {MOST_RUNS} runs in all")
    if not isinstance(fresh, int) or isinstance(fresh, bool) or not 100 <= fresh <= 1_000_000:
        raise InputError("fresh", fresh, "a whole number from 100 to 1000000")
    runs = trained(spec if iterations is None else spec.but(iterations=iterations), numbers, samples, report)
    found = _compared(runs, fresh, report)
    return {
        "counts": np.array(numbers),
        "seeds": np.array(samples),
        **found,
        **_rates(numbers, found),
        "directions": 0 if runs[0][0].model.architecture.width == 1 else DIRECTIONS,
        "note": _note(spec, found),
    }


def trained(
    spec: RunSpec, counts: Sequence[int], seeds: Sequence[int], report: Report | None = None
) -> list[list[Run]]:
    """The runs of a spec on the first N particles of several samples, all from the control of its own seed.

    Args:
        spec: all other knobs.
        counts: numbers of particles.
        seeds: seeds of the samples.
        report: progress, told of every iteration.

    Returns:
        For each number of particles a run for each seed; those train as one batch.
    """
    arch = Architecture.of(spec, card(spec.dataset).width)
    start = arch.shape.initial(spec.seed, spec.init_scale, DTYPES[spec.dtype])
    runs, whole, before = list[list[Run]](), sum(counts), 0
    for count in counts:
        size = min(spec.batch_size, count)
        same = [spec.but(particles=count, batch_size=size, seed=s, data_seed=None) for s in seeds]
        words = f"Training on {count} particles, {len(seeds)} {'sample' if len(seeds) == 1 else 'samples'}."
        told = _told(report or silent, before / whole, count / whole, words)
        parts = batches(same)
        runs.append([r for part in parts for r in train_regimes(part, told, start.expand(len(part), -1))])
        before += count
    return runs


def power_law(counts: ArrayLike, values: ArrayLike) -> Array:
    """The rate of decay of a quantity in N, with a band from the scatter over seeds.

    Fitted by least squares is log of the root mean square over the seeds, against log N. The N of one seed
    share particles, so its values are not independent: the band leaves out one seed after the other.

    Args:
        counts: N, (c,).
        values: the quantity (c, s), of any sign; a seed with a value that is not finite is left out.

    Returns:
        (4,): slope, low and high end of its 95 % band, and the log of the fit at N = 1; NaN where it cannot
        be had: fewer than two N or no seed, for the band fewer than two seeds.

    Source:
        B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), with Student's t for few
        seeds.
    """
    x, table = np.log(np.asarray(counts, float)), np.asarray(values, float)
    table = table[:, np.isfinite(table).all(axis=0)]
    rate, seeds = np.full(4, np.nan), table.shape[1]
    if len(x) < 2 or not seeds or not np.square(table).sum(axis=1).all():
        return rate
    rate[0], rate[3] = _line(x, table)
    if seeds > 1 and np.count_nonzero(table, axis=1).min() > 1:
        slopes = np.array([_line(x, np.delete(table, s, axis=1))[0] for s in range(seeds)])
        error = np.sqrt((seeds - 1) * slopes.var())
        rate[1:3] = rate[0] + np.array([-1, 1]) * stats.t.ppf(0.975, seeds - 1) * error
    return rate


def _line(x: Array, table: Array) -> tuple[float, float]:
    slope, start = np.polyfit(x, np.log(np.square(table).mean(axis=1)) / 2, 1)
    return float(slope), float(start)


def _counts(spec: RunSpec, counts: Sequence[int] | None) -> list[int]:
    most = min(card(spec.dataset).most_particles or MOST_COUNT, MOST_COUNT)
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


def _told(report: Report, before: float, share: float, words: str) -> OnProgress:
    def on_progress(progress: Progress) -> None:
        report(before + share * progress.iteration / progress.iterations, words)

    return on_progress


def _law(run: Run, count: int) -> Particles:
    """Particles that a run has not seen: fresh ones of its law, or of a finite data set its test part."""
    if card(run.spec.dataset).most_particles is None:
        return drawn(run, count, LAW)
    source = run.data.source
    labels = np.empty(0, np.int64) if source.test_labels is None else source.test_labels
    targets: Array = source.test_targets
    if run.spec.task == "classify":
        targets = label_positions(len(source.label_names), run.spec.bottleneck)[labels]
    return Particles(source.test, targets, labels, source.test_hue, 0)


_MEASURED = (
    "train_cost",
    "fresh_cost",
    "gap",
    "fresh_error",
    "fixed_gap",
    "control_distance",
    "map_distance",
    "turned",
    "wasserstein",
)


def _compared(runs: Sequence[Sequence[Run]], fresh: int, report: Report) -> dict[str, Any]:
    """What is measured on the runs, (c, s) each, and how many fresh particles there were."""
    found: dict[str, Any] = {name: np.full((len(runs), len(runs[0])), np.nan) for name in _MEASURED}
    finite = card(runs[0][0].spec.dataset).most_particles is not None
    law: Particles | None = None
    for s, last in enumerate(runs[-1]):
        if law is None or finite:  # a made set has one law, of a finite one each seed has its own test part
            law = _law(last, fresh)
            reference = Reference(law.inputs[:REFERENCE])
        at_last = _on(last, law)[0]
        for c, same in enumerate(runs):
            report(None, f"Measuring sample {s + 1} of {len(same)}, {same[s].spec.particles} particles.")
            found["wasserstein"][c, s] = reference.distance(same[s].data.source.train)
            for name, value in _measured(same[s], last, law, at_last).items():
                found[name][c, s] = value
    found["diverged"] = np.array([[one.status == "diverged" for one in same] for same in runs])
    count = 0 if law is None else len(law.inputs)
    return {**found, "fresh": count, "reference": min(count, REFERENCE)}


def _measured(run: Run, last: Run, law: Particles, at_last: float) -> dict[str, float]:
    """What `particle_sweep` says of a run beside the one of most particles; nothing when it diverged."""
    if run.status == "diverged":
        return {}
    (mean, error), train = _on(run, law), run.history["cost"][-1]
    cost = mean + run.history["penalty"][-1]
    found = {"train_cost": train, "fresh_cost": cost, "gap": cost - train, "fresh_error": error}
    if last.status == "diverged":
        return found
    found["fixed_gap"] = at_last - _on(last, training_particles(run))[0]
    difference = (run.model.control.vector - last.model.control.vector).double()
    found["control_distance"] = float(torch.linalg.vector_norm(difference)) * run.model.architecture.step**0.5
    found["map_distance"] = float(np.sqrt(maps_apart([last, run], law.inputs[:COMPARED])[0, 1]))
    axes, theirs = (np.asarray(each.model.coordinates.arrays()[2]) for each in (run, last))
    chord = float(np.linalg.norm(axes.T @ theirs - np.eye(len(axes)), 2))
    found["turned"] = float(np.degrees(2 * np.arcsin(min(1.0, chord / 2))))
    return found


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


def _rates(counts: Sequence[int], found: dict[str, Any]) -> dict[str, Any]:
    """The rates, each fitted to those N that are small beside what they are compared with."""
    numbers, rates = np.array(counts), dict[str, Any]()
    for name in RATES:
        against = {"gap": found["fresh"], "wasserstein": found["reference"]}.get(name, counts[-1])
        fitted = numbers * FEW <= against
        if name.endswith("gap"):
            error = found["fresh_error"] if name == "gap" else found["fresh_error"][-1:]
            with np.errstate(invalid="ignore"):
                size, error = _rms(found[name]), _rms(error)
                fitted &= np.logical_and.accumulate(size > CLEAR * error)
        values = found[name][fitted]
        rates[f"{name}_rate"] = power_law(numbers[fitted], values) if fitted.sum() > 2 else np.full(4, np.nan)
        rates[f"{name}_fitted"] = fitted
    return rates


def _rms(values: Array) -> Array:
    """Root mean square over the seeds that are finite, NaN where none is."""
    finite = np.isfinite(values)
    squares = np.square(np.where(finite, values, 0)).sum(axis=1)
    return np.asarray(np.sqrt(squares / np.where(finite.any(axis=1), finite.sum(axis=1), np.nan)))


def _note(spec: RunSpec, found: dict[str, Any]) -> str:
    said = []
    if found["diverged"].any():
        said.append(f"{int(found['diverged'].sum())} of the runs diverged and are left out.")
    if card(spec.dataset).most_particles is not None:
        said.append("The data are finite: the test part of each sample takes the place of fresh particles.")
    if np.nanmax(found["turned"], initial=0.0) > TURNED:
        said.append(
            "The axes of the flow turn with the sample, so the distance between controls compares different "
            "coordinates: look at that between maps, or take raw coordinates."
        )
    return " ".join(said)
