"""How well runs with default knobs reconstruct new rows of real tables, beside PCA and an MLP autoencoder.

Run it with `.venv/bin/python benchmarks/tables.py [--json] [--splits 5] [--tables iris,wine] [--widths 2]`.
The tables are those of scikit-learn, written to CSV files and trained with everything but the bottleneck
at its default: λ is chosen by the training rows. Errors are mean squared distances of held-out rows (a
fifth) in standard deviations of the columns, as shares of PCA's: below 1 is better than PCA.

The MLP (tanh, one hidden layer on each side, linear bottleneck and output, AdamW with a one-cycle learning
rate) has the same rows in the same coordinates and at most as many parameters; its weight decay is the best
on the same folds.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from quality import _mlp_size
from report import parser, publish, table
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import autoencode_core as ac
from autoencode_core.data.coordinates import Coordinates
from autoencode_core.ode import verdict
from autoencode_core.training.adam import one_cycle
from autoencode_core.training.selection import held_out

Row = dict[str, Any]
Points = NDArray[np.float64]

TABLES = ("iris", "wine", "breast_cancer", "diabetes")
WIDTHS = (1, 2, 3, 5)
DECAYS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Weight decays that the MLP may choose."""
STEPS, PEAK = 600, 0.01
"""Steps of the MLP's training on all rows, and its highest learning rate."""


def write_table(name: str, folder: Path) -> Path:
    """A table of scikit-learn as a CSV file, without its classes or target."""
    from sklearn import datasets

    values, path = getattr(datasets, f"load_{name}")().data, folder / f"{name}.csv"
    header = ",".join(f"column {j + 1}" for j in range(values.shape[1]))
    np.savetxt(path, values, delimiter=",", header=header, comments="", fmt="%.17g")
    return path


def measure(splits: int, tables: Sequence[str], widths: Sequence[int], quick: bool = False) -> list[Row]:
    """One row a table and bottleneck."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in tables:
            path = write_table(name, Path(folder))
            full = ac.RunSpec(dataset=str(path)).card().width
            rows += [_row(name, path, k, splits, quick) for k in widths if k < full]
    return rows


def _row(name: str, path: Path, k: int, splits: int, quick: bool) -> Row:
    less = {"iterations": 5} if quick else {}
    runs, seconds = [], []
    for split in range(splits):
        started = time.process_time()
        runs.append(ac.train(ac.RunSpec(dataset=str(path), bottleneck=k, seed=split, **less)))
        seconds.append(time.process_time() - started)
    ours = [run.summary["test_error"] or 0.0 for run in runs]
    pca = [run.summary["pca_test_error"] or 0.0 for run in runs]
    mlp, hidden = mlp_errors(runs, STEPS // 100 if quick else STEPS)
    differences = [run.summary["ode_difference"] or 0.0 for run in runs]
    return {
        "table": name,
        "k": k,
        "splits": splits,
        "parameters": runs[0].summary["parameters"],
        "hidden": hidden,
        "seconds": mean(seconds),
        "weights": [run.spec.tikhonov for run in runs],
        "ours": ours,
        "pca": pca,
        "mlp": mlp,
        "unexplained": mean(run.summary["unexplained"] or 0.0 for run in runs),
        "differences": differences,
        "verdicts": [verdict(difference) for difference in differences],
    }


def mlp_errors(runs: Sequence[ac.Run], steps: int = STEPS) -> tuple[list[float], int]:
    """Test error of an MLP for each run, with the weight decay that its folds like best, and its width h.

    All its trainings (runs x folds and all rows x weight decays) go as one batch.
    """
    k, parameters = runs[0].spec.bottleneck, int(runs[0].summary["parameters"] or 0)
    places: list[tuple[Points, Points, Points]] = []  # points, which of them are trained on, those judged
    for run in runs:
        train, test = run.data.source.train, run.data.source.test
        for held in [*held_out(len(train), run.spec.sample), None]:
            kept = np.ones(len(train))
            if held is not None:
                kept[held] = 0
            flow = Coordinates.fit("correlation", train[kept > 0]).to_flow
            places.append((flow(train), kept, flow(test) if held is None else flow(train[held])))
    count = len(DECAYS)
    mlps = Mlps(places[0][0].shape[1], k, parameters, len(places), count)
    mlps.train(
        *(torch.as_tensor(np.stack(part)).float() for part in list(zip(*places, strict=True))[:2]), steps
    )
    errors = np.array([mlps.errors(n, judged) for n, (_, _, judged) in enumerate(places)])
    by_run = errors.reshape(len(runs), -1, count)
    chosen = by_run[:, :-1].mean(1).argmin(1)
    return [float(by_run[n, -1, best]) for n, best in enumerate(chosen)], mlps.hidden


class Mlps:
    """Autoencoders d - h - k - h - d with the widest h that `parameters` allow, side by side.

    Args:
        width: d.
        bottleneck: k.
        parameters: most parameters.
        sets: different sets of particles.
        decays: of each set so many, with the first of DECAYS.
    """

    def __init__(self, width: int, bottleneck: int, parameters: int, sets: int, decays: int) -> None:
        self.hidden = 1
        while _mlp_size(width, bottleneck, 1, self.hidden + 1) <= parameters:
            self.hidden += 1
        self.sets, self.decays = sets, torch.tensor(DECAYS[:decays]).repeat(sets)
        sizes, generator = (
            (width, self.hidden, bottleneck, self.hidden, width),
            torch.Generator().manual_seed(0),
        )
        self.layers = []
        for a, b in pairwise(sizes):
            W = (2 * torch.rand(a, b, generator=generator) - 1) / a**0.5
            many = len(self.decays)
            self.layers.append(
                (W.repeat(many, 1, 1).requires_grad_(), torch.zeros(many, 1, b, requires_grad=True))
            )

    def __call__(self, x: Tensor, rows: slice = slice(None)) -> Tensor:
        """Reconstructions of (n, N, d)."""
        for place, (W, b) in enumerate(self.layers):
            x = torch.baddbmm(b[rows], x, W[rows])
            x = torch.tanh(x) if place % 2 == 0 else x
        return x

    def train(self, x: Tensor, kept: Tensor, steps: int) -> None:
        """Trains on those particles (sets, N, d) that are kept, (sets, N) of 0 and 1."""
        count = len(self.decays) // self.sets
        x, kept = x.repeat_interleave(count, 0), kept.repeat_interleave(count, 0)
        share = kept / kept.sum(1, keepdim=True)
        optimizer = torch.optim.Adam([part for layer in self.layers for part in layer])
        for step in range(steps):
            rate = optimizer.param_groups[0]["lr"] = one_cycle(step / steps, PEAK)
            optimizer.zero_grad()
            ((self(x) - x).square().sum(2) * share).sum().backward()
            optimizer.step()
            with torch.no_grad():  # as in torch.optim.AdamW, each with a decay of its own
                for W, _ in self.layers:
                    W.mul_((1 - rate * self.decays)[:, None, None])

    def errors(self, place: int, points: Points) -> list[float]:
        """Mean squared distances on points (M, d) of the MLPs of one set."""
        count = len(self.decays) // self.sets
        rows = slice(place * count, (place + 1) * count)
        x = torch.as_tensor(points).float().expand(count, -1, -1)
        with torch.no_grad():
            found: list[float] = (self(x, rows) - x).square().sum(2).mean(1).tolist()
        return found


def words(rows: list[Row]) -> str:
    """The figures as Markdown."""
    heads = ["table", "k", "parameters", "CPU s", "λ chosen", "unexplained", "of PCA's error", "MLP", "its h"]
    lines = [
        [
            row["table"],
            str(row["k"]),
            f"{row['parameters']:.0f}",
            f"{row['seconds']:.1f}",
            ", ".join(f"{weight:g}" for weight in row["weights"]),
            f"{row['unexplained']:.1%}",
            f"{mean(row['ours']) / mean(row['pca']):.3f}",
            f"{mean(row['mlp']) / mean(row['pca']):.3f}",
            str(row["hidden"]),
            f"{max(row['differences']):.2%}",
        ]
        for row in rows
    ]
    return (
        f"Tables of scikit-learn, all knobs but k at their defaults, {rows[0]['splits']} splits (seeds), one "
        "thread. Error of the held-out\nfifth as a share of PCA's, means over the splits; CPU s: choosing λ "
        "and training, a split. The MLP has at most as\nmany parameters and its weight decay from the same "
        "folds.\n\n" + table([*heads, "ODE difference, worst"], lines)
    )


def main() -> None:
    """Measures and publishes."""
    flags = parser(__doc__)
    flags.add_argument("--splits", type=int, default=5, help="seeds of each table (now %(default)s)")
    flags.add_argument("--tables", default=",".join(TABLES), help="some of them, as in iris,wine")
    flags.add_argument("--widths", default=",".join(map(str, WIDTHS)), help="bottlenecks, as in 2 or 1,2")
    flags.add_argument("--quick", action="store_true", help="a few iterations; nothing written")
    options = flags.parse_args()
    tables, widths = options.tables.split(","), [int(k) for k in options.widths.split(",")]
    if unknown := set(tables) - set(TABLES):
        flags.error(f"no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    options.no_write |= options.quick or set(tables) != set(TABLES)
    torch.set_num_threads(1)
    rows = measure(options.splits, tables, widths, options.quick)
    publish("tables", {"tables": rows}, words(rows), options)


if __name__ == "__main__":
    main()
