"""Trains the gallery anew: `make gallery`. The files beside this one are its output."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from autoencode_core.record import RunRecord  # noqa: E402
from autoencode_core.runs.convert import record_of  # noqa: E402
from autoencode_core.runs.files import EXTENSION, pack  # noqa: E402
from autoencode_core.spec import RunSpec  # noqa: E402
from autoencode_core.training.loop import train  # noqa: E402

RUNS: dict[str, tuple[str, RunSpec]] = {
    "s_curve": ("S-curve onto two numbers, low λ", RunSpec(dataset="s_curve")),
    "s_curve_high": ("S-curve, high λ: the flow is PCA", RunSpec(dataset="s_curve", tikhonov=0.1)),
    "swiss_roll": ("Swiss roll, unrolled", RunSpec(dataset="swiss_roll")),
    "circle": ("Circle onto one number: where is the cut?", RunSpec(dataset="circle")),
    "moons": ("Two moons onto one number", RunSpec(dataset="moons", noise=0.05)),
    "trefoil": ("Trefoil knot onto one number", RunSpec(dataset="trefoil")),
    "digits": ("Digits onto eight numbers", RunSpec(dataset="digits")),
    "classify": (
        "Two spirals told apart by the encoder alone",
        RunSpec(dataset="spirals", task="classify", depth=20, horizon=6.0, iterations=600),
    ),
    "bimodal": ("Two clouds moved apart (transport)", RunSpec(dataset="bimodal_2d")),
}
"""File stem to name and spec."""

MOST_NUMBERS = 8_000
"""Most particles times components that a gallery run keeps of its probe batch."""
MOST_PARTICLES = 300


def small(record: RunRecord) -> RunRecord:
    """The record with fewer probe particles and snapshots, so that the gallery stays small."""
    return record.trimmed(min(MOST_PARTICLES, MOST_NUMBERS // record.probe["inputs"].shape[1]))


def main() -> None:
    """Trains every run of RUNS and writes its file."""
    total = 0
    for stem, (name, spec) in RUNS.items():
        run = train(spec)
        data = pack(small(record_of(run)).renamed(name))
        (HERE / f"{stem}{EXTENSION}").write_bytes(data)
        total += len(data)
        pca = run.summary["pca_test_error"]
        beside = "" if pca is None else f" (PCA {pca:.4g})"
        accuracy = "" if run.summary["accuracy"] is None else f", accuracy {run.summary['accuracy']:.1%}"
        error, size = run.summary["test_error"], len(data) / 1024
        print(f"{stem:14} test error {error:.4g}{beside}{accuracy}, {size:.0f} KiB")
    print(f"{total / 1024:.0f} KiB in all")


if __name__ == "__main__":
    main()
