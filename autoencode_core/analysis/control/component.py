"""Which component is turned off: one classifier of data in the plane, trained with either of them left."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from autoencode_core.data.catalogue import card
from autoencode_core.data.reading import AS_FOUND
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.questions.arrays import Integers
from autoencode_core.questions.control import Component, ComponentHorizons
from autoencode_core.report import Report, silent
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.run import OnProgress, Progress, Run
from autoencode_core.training.sweep import batches

ORDERS = ("natural", "reversed")
"""The last component is turned off, or the first one."""
COMPONENT_SPEC = RunSpec(
    dataset="moons",
    task="classify",
    coordinates="raw",
    bottleneck=1,
    field="single_layer",
    depth=20,
    horizon=2.0,
    particles=1000,
    method="lbfgs",
    tikhonov=1e-3,
    iterations=150,
    data_seed=0,
)
"""What is compared where a run is no classifier of data in the plane."""
HORIZONS = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
"""T at which the two are compared by default."""
DRAWN = 300
"""Most particles whose trajectories are given back."""
MOST_RUNS = 200


def component(
    run: Run | RunSpec, horizon: float | None = None, dataset: str = "", report: Report | None = None
) -> Component:
    """A classifier of data in the plane, trained twice: with the last component turned off, and the first.

    Both see the same particles; every other knob is that of the run if it is such a classifier, else of
    COMPONENT_SPEC.

    Args:
        run: a run, of which only the spec counts, or a spec.
        horizon: T; that of the spec by default.
        dataset: a labelled data set of two components in the place of the spec's.
        report: progress, told of every iteration.

    Returns:
        A `Component`.

    Raises:
        InputError: the data set is not labelled or has not two components, or the horizon is out of bounds.

    Source:
        docs/theory.md, section 2, order of deactivation.
    """
    report, own = report or silent, _spec(run)
    report(0.0, "Loading the particles.")
    spec = classifier(own, horizon, dataset)
    runs = list[Run]()
    for place, order in enumerate(ORDERS):
        told = _told(report, place / 2, 0.5, f"Training with component {2 - place} turned off.")
        runs += train_regimes([spec.but(order=order)], told)
    return _compared(runs, spec, suits(own))


def component_horizons(
    run: Run | RunSpec,
    horizons: Sequence[float] = HORIZONS,
    seeds: Sequence[int] = (0, 1, 2),
    dataset: str = "",
    report: Report | None = None,
) -> ComponentHorizons:
    """The accuracy of both choices against the horizon: what a longer flow can still repair.

    Args:
        run: as in `component`.
        horizons: T, ascending, (h,).
        seeds: of the initial controls (s,); the particles are the same for all.
        dataset: as in `component`.
        report: progress, told of every iteration.

    Returns:
        `ComponentHorizons`.

    Raises:
        InputError: as in `component`; the horizons do not ascend, or there are too many runs.
    """
    report, own = report or silent, _spec(run)
    times, starts = [float(horizon) for horizon in horizons], list(seeds)
    if not times or times != sorted({*times}):
        raise InputError("horizons", times, "at least one number above 0, ascending")
    if not starts or len(ORDERS) * len(times) * len(starts) > MOST_RUNS:
        raise InputError("seeds", len(starts), f"at least one, and at most {MOST_RUNS} runs in all")
    accuracy = np.full((len(ORDERS), len(times), len(starts)), np.nan)
    whole, done, runs = accuracy[..., 0].size, 0, list[Run]()
    for place, order in enumerate(ORDERS):
        for column, horizon in enumerate(times):
            spec = classifier(own, horizon, dataset).but(order=order)
            spec = spec.but(data_seed=spec.sample)
            told = _told(report, done / whole, 1 / whole, f"T = {horizon:g}, component {2 - place} off.")
            same = [spec.but(seed=seed) for seed in starts]
            runs = [r for part in batches(same) for r in train_regimes(part, told)]
            accuracy[place, column] = [r.summary["accuracy"] for r in runs]
            done += 1
    test = runs[0].data
    return {
        "horizons": np.array(times),
        "seeds": np.array(starts),
        "accuracy": accuracy,
        "chance": float(np.bincount(np.asarray(test.test_labels)).max() / len(test.test)),
        "tested": len(test.test),
        "off": np.array([1, 0]),
        "columns": list(runs[0].columns),
        "note": "",
    }


def suits(spec: RunSpec) -> bool:
    """Whether a spec is a classifier of data in the plane."""
    try:
        return spec.task == "classify" and spec.card().width == 2
    except InputError:
        return False


def classifier(spec: RunSpec, horizon: float | None = None, dataset: str = "") -> RunSpec:
    """The spec that is compared: one number in the bottleneck, natural order.

    Args:
        spec: of a run.
        horizon: T in its place.
        dataset: data set in its place.

    Raises:
        InputError: the data set is not labelled or has not two components, or the horizon is out of bounds.
    """
    base = spec if suits(spec) else COMPONENT_SPEC
    profile = base.profile if isinstance(base.profile, str) or base.bottleneck == 1 else "linear"
    changes: dict[str, Any] = {"bottleneck": 1, "order": "natural", "profile": profile}
    if dataset and dataset != base.dataset:
        known = card(dataset)
        if known.width != 2 or known.classes < 2:
            raise InputError("dataset", dataset, "a labelled data set of two components")
        most = known.most_particles or base.particles
        changes |= {"dataset": dataset, "reading": AS_FOUND, "particles": min(base.particles, most)}
    if horizon is not None:
        changes["horizon"] = horizon
    return base.but(**(dict(base) | changes))


def _spec(run: Run | RunSpec) -> RunSpec:
    return (run if isinstance(run, RunSpec) else run.spec).unchanged()


def _told(report: Report, before: float, share: float, words: str) -> OnProgress:
    def on_progress(progress: Progress) -> None:
        report(before + share * progress.iteration / progress.iterations, words)

    return on_progress


def _compared(runs: Sequence[Run], spec: RunSpec, own: bool) -> Component:
    """What becomes of the particles of both runs, and how well they are told apart."""
    first, data, labels = runs[0], runs[0].data, np.asarray(runs[0].data.train_labels)
    positions = label_positions(len(first.label_names), 1)[:, 0]

    def taken(run: Run, inputs: Tensor) -> Integers:
        codes = run.model.encode(inputs).double().numpy(force=True)
        return np.asarray(np.abs(codes - positions).argmin(axis=1))

    # At layer ends alone, since the two may have come to different sub-steps.
    flows = [run.model.flow(data.train[:DRAWN], every=run.model.architecture.substeps) for run in runs]
    return {
        "states": np.stack([flow.states.numpy(force=True) for flow in flows]),
        "dropped": np.stack([flow.dropped.numpy(force=True) for flow in flows]),
        "active": np.stack([flow.active.numpy(force=True) for flow in flows]),
        "times": flows[0].times.double().numpy(force=True),
        "off": np.array([int(run.model.order[1]) for run in runs]),
        "predicted": np.stack([taken(run, data.train[:DRAWN]) for run in runs]),
        "accuracy": np.array([run.summary["accuracy"] for run in runs], float),
        "train_accuracy": np.array([np.mean(taken(run, data.train) == labels) for run in runs]),
        "cost": np.array([run.history["cost"][-1] for run in runs]),
        "ended": [run.status for run in runs],
        "labels": labels[:DRAWN],
        "positions": positions,
        "names": list(first.label_names),
        "columns": list(first.columns),
        "chance": float(np.bincount(np.asarray(data.test_labels)).max() / len(data.test)),
        "tested": len(data.test),
        "own": own,
        "spec": spec.model_dump(mode="json"),
        "note": "",
    }
