"""Trains the gallery anew: `make gallery`. The files beside this one are its output.

With names of files (without their endings) it makes those alone. MNIST comes from the folder AUTOENCODE_DATA,
else from OpenML.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

import torch  # noqa: E402

from autoencode_core.spec import RunSpec  # noqa: E402
from autoencode_core.store.record import PATH, RunRecord  # noqa: E402
from autoencode_core.store.run_file import EXTENSION, pack, unpack  # noqa: E402
from autoencode_core.store.study import STUDY_SPEC, Plan, spread, study_line  # noqa: E402
from autoencode_core.store.study_file import STUDY_EXTENSION, pack_study  # noqa: E402
from autoencode_core.training.fidelity import fidelity  # noqa: E402
from autoencode_core.training.objective import Objective  # noqa: E402
from autoencode_core.training.records import record_of, run_of  # noqa: E402
from autoencode_core.training.run import Run  # noqa: E402
from autoencode_core.training.selection import train  # noqa: E402
from autoencode_core.training.study import make_study  # noqa: E402

RUNS: dict[str, tuple[str, RunSpec]] = {
    "circle": ("Circle onto one number: it is cut open", RunSpec(dataset="circle", iterations=4000)),
    "residual_network": (
        "A residual network that left its ODE",
        RunSpec(dataset="circle", depth=12, tikhonov=1e-5, iterations=1000, scheme="euler", fidelity=None),
    ),
    "circle_held": (
        "The same residual network, held to its ODE",
        RunSpec(dataset="circle", depth=12, tikhonov=1e-5, iterations=1000, scheme="euler"),
    ),
    "s_curve": ("S-curve onto two numbers, low λ", RunSpec(dataset="s_curve")),
    "s_curve_high": ("S-curve, high λ: the flow is PCA", RunSpec(dataset="s_curve", tikhonov=0.1)),
    "swiss_roll": ("Swiss roll, unrolled", RunSpec(dataset="swiss_roll")),
    "moons": ("Two moons onto one number", RunSpec(dataset="moons", noise=0.05)),
    "trefoil": ("Trefoil knot onto one number", RunSpec(dataset="trefoil")),
    "digits": ("Digits onto eight numbers", RunSpec(dataset="digits")),
    "mnist": ("MNIST onto 32 numbers, low λ", RunSpec(dataset="mnist")),
    "mnist_high": ("MNIST, high λ: what does it cost?", RunSpec(dataset="mnist", tikhonov=0.03)),
    "classify": (
        "Two spirals told apart by the encoder alone",
        RunSpec(dataset="spirals", task="classify", depth=20, horizon=6.0),
    ),
    "bimodal": ("Two clouds moved apart (transport)", RunSpec(dataset="bimodal_2d")),
    "control": (
        "S-curve, optimal: H constant, R small",
        RunSpec(
            dataset="s_curve",
            coordinates="raw",
            field="single_layer",
            profile="step",
            depth=20,
            horizon=5.0,
            tikhonov=0.03,
            particles=200,
            init_scale=0.0,
            iterations=1500,
            dtype="float64",
        ),
    ),
    "ode_limit": (
        "Two moons, smooth: schemes of order 1, 2 and 4",
        RunSpec(dataset="moons", noise=0.05, tikhonov=1e-3, particles=500),
    ),
    "mean_field": (
        "Two moons at a high λ: one minimiser, rates in N",
        RunSpec(
            dataset="moons",
            noise=0.05,
            coordinates="raw",
            field="single_layer",
            depth=10,
            tikhonov=0.08,
            iterations=300,
        ),
    ),
}
"""File stem to name and spec."""

RUNS |= {
    f"horizon_{word}": (
        name,
        RunSpec(
            dataset="s_curve",
            coordinates="raw",
            field="single_layer",
            profile="step",
            depth=20,
            horizon=horizon,
            tikhonov=1e-4,
            particles=500,
            iterations=500,
        ),
    )
    for word, name, horizon in (
        ("short", "S-curve, T = 2: too short to grow it again", 2.0),
        ("long", "S-curve, T = 6: time enough", 6.0),
    )
}

HALF = ("mnist", "mnist_high")
"""Runs of so many weights that they are kept in half precision, told by the errors in the files."""

STUDIES: dict[str, tuple[str, Plan]] = {
    "regimes": (
        "S-curve: high λ against low λ",
        Plan(kind="strip", spec=STUDY_SPEC, tikhonov=spread(1e-3, 1e-1, 7), seeds=range(4), further=19),
    ),
    "hysteresis": (
        "S-curve: λ down and up, hysteresis",
        Plan(
            kind="continuation",
            spec=STUDY_SPEC.but(iterations=600),
            # Close to each other where the upward branch ends.
            tikhonov=(*spread(1e-3, 1.3e-2, 8), 0.016, *(i / 1000 for i in range(18, 26)), 0.03, 0.04),
            seeds=(2,),
        ),
    ),
    "lambda": (
        "Circle: λ up until the flow gives up",
        Plan(
            kind="continuation",
            # As many sub-steps at every λ, so that the runs can be drawn in each other's place.
            spec=RunSpec(
                dataset="circle",
                particles=500,
                data_seed=0,
                substeps=4,
                fidelity=None,
                iterations=1500,
                tolerance=1e-4,
            ),
            tikhonov=spread(5e-4, 0.15, 16),
            seeds=(0, 1),
            further=1,
        ),
    ),
}
"""File stem to name and plan."""

MOST_NUMBERS = 8_000
"""Most particles times components that a gallery run keeps of its probe batch."""
MOST_PARTICLES, STUDY_PARTICLES, STUDY_SNAPSHOTS = 300, 150, 3
SPARE = ("lambda",)
"""Studies whose player gets all runs at once: they keep fewer particles, one snapshot, no path."""
SPARE_PARTICLES = 80


def small(record: RunRecord) -> RunRecord:
    """The record with fewer probe particles and snapshots, so that the gallery stays small."""
    return record.trimmed(min(MOST_PARTICLES, MOST_NUMBERS // record.probe["inputs"].shape[1]))


def kept(stem: str, record: RunRecord) -> RunRecord:
    """What the gallery keeps of a run of a study."""
    if stem not in SPARE:
        return record.trimmed(STUDY_PARTICLES, STUDY_SNAPSHOTS)
    weights = {name: array for name, array in record.weights.items() if name not in PATH}
    return replace(record.trimmed(SPARE_PARTICLES, 1), weights=weights)


def rounded(record: RunRecord, run: Run) -> RunRecord:
    """The record as half precision leaves it, with the figures of the control that it then has.

    Args:
        record: of the run.
        run: as trained, a reconstruction in coordinates that do not scale.
    """
    record = unpack(pack(record, half=True))
    model, summary = run_of(record).model, dict(record.summary)
    theta, weight = model.control.vector[None], torch.tensor([run.spec.tikhonov])
    parts = {}
    with torch.no_grad():
        for part, points in (("train", run.data.source.train), ("test", run.data.source.test)):
            x = model.to_engine(points)
            objective = Objective(model.architecture, x, x, weight)
            parts[part] = objective.cost(theta), fidelity(objective, theta)
    terms, error = parts["train"][0], float(parts["test"][0].data_term)
    last = {
        "cost": float(terms.cost),
        "data_term": float(terms.data_term),
        "penalty": float(terms.penalty),
        "train_error": float(terms.data_term),
        "test_error": error,
    }
    summary |= {
        "train_error": last["train_error"],
        "test_error": error,
        "ode_difference": float(parts["train"][1].difference),
        "ode_test_error": float(parts["test"][1].error),
        "unexplained": error / float(summary["test_variance"] or 1.0),
    }
    history = {key: [*column[:-1], last.get(key, column[-1])] for key, column in record.history.items()}
    return replace(record, summary=summary, history=history)


def main(wanted: Sequence[str] = ()) -> None:
    """Trains every run of RUNS and every study of STUDIES, or the wanted ones, and writes their files."""
    total = 0
    for stem, (name, spec) in RUNS.items():
        if wanted and stem not in wanted:
            continue
        run = train(spec)
        record, half = small(record_of(run)), stem in HALF
        record = rounded(record, run) if half else record
        data = pack(record.renamed(name), half)
        (HERE / f"{stem}{EXTENSION}").write_bytes(data)
        total += len(data)
        summary = record.summary
        pca = summary["pca_test_error"]
        beside = "" if pca is None else f" (PCA {pca:.4g})"
        accuracy = "" if run.summary["accuracy"] is None else f", accuracy {run.summary['accuracy']:.1%}"
        error, exact, size = summary["test_error"], summary["ode_test_error"], len(data) / 1024
        far = f"its ODE {exact:.4g}, {summary['ode_difference']:.2%} apart"
        print(f"{stem:16} {run.status}, test error {error:.4g}, {far}{beside}{accuracy}, {size:.0f} KiB")
    for stem, (name, plan) in STUDIES.items():
        if wanted and stem not in wanted:
            continue
        study, runs = make_study(plan)
        records = [kept(stem, record_of(run)) for run in runs]
        data = pack_study(study.renamed(name), records)
        (HERE / f"{stem}{STUDY_EXTENSION}").write_bytes(data)
        total += len(data)
        print(f"{stem:16} {study_line(study)}, {len(data) / 1024:.0f} KiB")
    print(f"{total / 1024:.0f} KiB in all")


if __name__ == "__main__":
    main(sys.argv[1:])
