"""How much a cost that is averaged over a sample depends on the sample."""

from collections.abc import Sequence

import numpy as np

from autoencode_core.analysis.run_particles import codes_of, drawn, outputs_of
from autoencode_core.errors import InputError
from autoencode_core.questions.lessons import Scatter
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

COUNTS = (25, 100, 400, 1600)
"""Particles of a sample by default."""
FRESH, MOST_SAMPLES, BLOCK = 160_000, 400, 8192
SEED = 1_000_003
"""Of the fresh particles: none that a run is likely to be trained on."""


def scatter(run: Run, counts: Sequence[int] = COUNTS, report: Report | None = None) -> Scatter:
    """The standard deviation over samples of N fresh particles of the data term Jᴺ of a run's control.

    The control stays as it is: what differs is the sample alone.

    Args:
        run: a run with a decoder, on a data set that can be drawn anew.
        counts: numbers of particles N, at least two, ascending, each 2 to 16,000.
        report: progress.

    Raises:
        InputError: the counts cannot be used, there are too few particles, or the run has no decoder.

    Source:
        docs/theory.md, section 6: for one control Jᴺ is a mean of N independent terms.
    """
    report = report or silent
    report(0.0, "Drawing fresh particles.")
    sizes = list(counts)
    if len(sizes) < 2 or sizes != sorted({*sizes}) or not 2 <= sizes[0] <= sizes[-1] <= FRESH // 10:
        raise InputError("counts", sizes, f"two or more, ascending, from 2 to {FRESH // 10}")
    fresh = drawn(run, FRESH, SEED)
    if len(fresh.inputs) < FRESH:
        raise InputError("dataset", run.spec.dataset, "a data set of which fresh particles can be drawn")
    errors = np.empty(FRESH)
    for first in range(0, FRESH, BLOCK):
        part = slice(first, first + BLOCK)
        report(first / FRESH, "Moving fresh particles.")
        outputs = outputs_of(run, codes_of(run, fresh.inputs[part]))
        errors[part] = run.model.coordinates.lengths(outputs - fresh.targets[part]) ** 2
    samples = [min(MOST_SAMPLES, FRESH // size) for size in sizes]
    found = np.array(
        [
            errors[: size * count].reshape(count, size).mean(axis=1).std(ddof=1)
            for size, count in zip(sizes, samples, strict=True)
        ]
    )
    return {
        "counts": np.array(sizes),
        "samples": np.array(samples),
        "scatter": found,
        "mean": float(errors.mean()),
        "exponent": float(np.polyfit(np.log(sizes), np.log(found), 1)[0]),
        "note": fresh.note,
    }
