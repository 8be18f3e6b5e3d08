"""How well runs with default knobs reconstruct fresh points, beside PCA and an MLP autoencoder.

Run it with `.venv/bin/python benchmarks/quality.py [--json] [--seeds 5] [--quick] [--cases circle,moons]`.
Errors are mean squared distances in data units on points that no training saw: 4000 newly drawn, for digits
the held-out fifth. A run is judged by the error of the EXACT flow of its trained control, which RK4 with
sub-steps refined until nothing changes stands for, and by its ODE difference on the training particles.

The MLP (tanh, linear bottleneck and output, float32, Adam, one-cycle learning rate over its time) has the
same data, at most the same number of parameters and the same wall time as the run that it stands beside. Its
hidden layers, batch size and peak learning rate are the best of GRID on fresh points of a seed that is not
reported, each candidate with a quarter of the time.
"""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from report import parser, publish, table
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import autoencode_core as ac
from autoencode_core.data.loading import load
from autoencode_core.data.pca import pca_error
from autoencode_core.ode import verdict
from autoencode_core.training.adam import one_cycle

Row = dict[str, Any]
Points = NDArray[np.float64]

CASES: dict[str, tuple[dict[str, Any], float]] = {
    "digits": ({"dataset": "digits"}, 0.70),
    "s_curve": ({"dataset": "s_curve"}, 0.002),
    "swiss_roll": ({"dataset": "swiss_roll"}, 0.05),
    "circle": ({"dataset": "circle"}, 0.01),
    "moons": ({"dataset": "moons", "noise": 0.05}, 0.006),
    "parabola": ({"dataset": "parabola"}, 0.0005),
    "spirals": ({"dataset": "spirals"}, 0.08),
    "trefoil": ({"dataset": "trefoil"}, 0.06),
    "torus": ({"dataset": "torus"}, 0.025),
    "sphere": ({"dataset": "sphere"}, 0.012),
    "gaussian_mixture": ({"dataset": "gaussian_mixture"}, 0.06),
}
"""Knobs that are not the data set's defaults (moons: noise 0.05), and the error aimed at."""
FRESH = 4000
STILL, MOST_SUBSTEPS = 1e-4, 1024
"""The exact flow stands still when twice the sub-steps move it by no more than that of the spread."""
CHOOSING, CHOOSING_TIME = 100, 0.25
"""The seed on which the MLP is chosen, and the share of the run's time that each candidate gets."""
GRID = tuple(product((1, 2), (0, 100), (3e-3, 1e-2, 3e-2)))
"""Hidden layers on each side, batch size (0: all points), peak learning rate."""
WAYS: dict[str, dict[str, Any]] = {
    "pmp": {"method": "pmp"},
    "pmp, 3 inner steps": {"method": "pmp", "inner_steps": 3},
    "pmp, metric of the control": {"method": "pmp", "metric": "control"},
    "lbfgs": {"method": "lbfgs"},
    "adam": {"method": "adam"},
}


def fresh_points(spec: ac.RunSpec) -> Points:
    """Points that no training with this spec saw: a longer draw of the run's own test points."""
    particles = spec.particles if spec.dataset == "digits" else 4 * FRESH
    how = spec.noise, spec.seed, spec.task, spec.coordinates, spec.reading
    return load(spec.dataset, particles, *how).test


def error(reconstruct: Callable[[Points], Tensor], points: Points) -> float:
    """Mean squared distance between points and their reconstructions."""
    return float(np.square(reconstruct(points).double().numpy() - points).sum(1).mean())


def exactly(run: ac.Run) -> Callable[[Points], Tensor]:
    """Reconstruction by the exact flow of a run's control: RK4, refined until the outputs stand still."""

    def reconstruct(points: Points) -> Tensor:
        model, substeps = run.model.to("cpu", torch.float64), 8
        before = _ends(model, points, substeps)
        while substeps < MOST_SUBSTEPS:
            substeps *= 2
            ends = _ends(model, points, substeps)
            if float((ends - before).square().sum(1).mean().sqrt()) <= STILL * float(ends.std()):
                break
            before = ends
        return ends

    return reconstruct


def _ends(model: ac.AutoencODE, points: Points, substeps: int) -> Tensor:
    flow = model.flow(points, method="rk4", substeps=substeps, every=substeps)
    return torch.as_tensor(np.asarray(model.coordinates.to_data(flow.states[-1].numpy())))


class Mlp(nn.Module):
    """An autoencoder d - h (- h) - k - (h -) h - d with the widest h that `parameters` allow."""

    def __init__(self, width: int, bottleneck: int, hidden_layers: int, parameters: int) -> None:
        super().__init__()
        h = 1
        while _mlp_size(width, bottleneck, hidden_layers, h + 1) <= parameters:
            h += 1
        inner = [h] * hidden_layers
        encoder = _tanh_between([width, *inner, bottleneck])
        self.layers = nn.Sequential(*encoder, *_tanh_between([bottleneck, *inner, width]))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


def _tanh_between(widths: list[int]) -> list[nn.Module]:
    linear: list[nn.Module] = [nn.Linear(a, b) for a, b in pairwise(widths)]
    return [part for layer in linear for part in (layer, nn.Tanh())][:-1]


def _mlp_size(width: int, bottleneck: int, hidden_layers: int, h: int) -> int:
    side = (width + 1) * h + (hidden_layers - 1) * (h + 1) * h + (h + 1) * bottleneck
    back = (bottleneck + 1) * h + (hidden_layers - 1) * (h + 1) * h + (h + 1) * width
    return side + back


def train_mlp(train: Points, mlp: Mlp, batch: int, peak: float, seconds: float) -> Callable[[Points], Tensor]:
    """Trains for that many seconds; the one-cycle runs over the time, not over a number of steps."""
    x = torch.as_tensor(train, dtype=torch.float32)
    centre = x.mean(0)
    x = x - centre
    optimizer = torch.optim.Adam(mlp.parameters())
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        optimizer.param_groups[0]["lr"] = one_cycle(elapsed / seconds, peak)
        for part in torch.split(x[torch.randperm(len(x))], batch) if batch else (x,):
            optimizer.zero_grad()
            (mlp(part) - part).square().sum(1).mean().backward()
            optimizer.step()
    return lambda points: mlp(torch.as_tensor(points, dtype=torch.float32) - centre).detach() + centre


def mlp_error(run: ac.Run, choice: tuple[int, int, float], share: float = 1.0) -> float:
    """Error on fresh points of an MLP with the run's data, size, seed and a share of its time."""
    spec, (hidden_layers, batch, peak) = run.spec, choice
    torch.manual_seed(spec.seed)
    train, parameters = run.data.source.train, int(run.summary["parameters"] or 0)
    mlp = Mlp(train.shape[1], spec.bottleneck, hidden_layers, parameters)
    seconds = share * (run.summary["seconds"] or 0.0)
    return error(train_mlp(train, mlp, batch, peak, seconds), fresh_points(spec))


def measure(seeds: int = 5, quick: bool = False, cases: Sequence[str] = tuple(CASES)) -> list[Row]:
    """One row a data set: errors over the seeds, of the run, of its exact flow, of PCA and of the MLP."""
    return [_row(name, *CASES[name], seeds, quick) for name in cases]


def _row(name: str, knobs: dict[str, Any], target: float, seeds: int, quick: bool) -> Row:
    less = {"iterations": max(1, ac.RunSpec(**knobs).iterations // 10)} if quick else {}
    grid = GRID[:2] if quick else GRID
    chooser, *runs = (ac.train(ac.RunSpec(**knobs, **less, seed=seed)) for seed in (CHOOSING, *range(seeds)))
    choice = min(grid, key=lambda candidate: mlp_error(chooser, candidate, CHOOSING_TIME))
    fresh = [fresh_points(run.spec) for run in runs]
    ours = [error(run.model.reconstruct, x) for run, x in zip(runs, fresh, strict=True)]
    exact = [error(exactly(run), x) for run, x in zip(runs, fresh, strict=True)]
    differences = [float(run.summary["ode_difference"] or math.inf) for run in runs]
    pca = [
        pca_error(run.spec.coordinates, run.data.source.train, x, x, run.spec.bottleneck)
        for run, x in zip(runs, fresh, strict=True)
    ]
    mlp = [mlp_error(run, choice) for run in runs]
    return {
        "case": name,
        "seeds": seeds,
        "method": runs[0].spec.method,
        "iterations": runs[0].spec.iterations,
        "parameters": runs[0].summary["parameters"],
        "seconds": mean(run.summary["seconds"] or 0.0 for run in runs),
        "aim": target,
        "mean": mean(ours),
        "exact_mean": mean(exact),
        "exact_median": median(exact),
        "exact_worst": max(exact),
        "differences": differences,
        "verdicts": [verdict(difference) for difference in differences],
        "substeps": [int(run.summary["substeps"] or 0) for run in runs],
        "pca": mean(pca),
        "mlp": mean(mlp),
        "mlp_median": median(mlp),
        "mlp_choice": choice,
    }


def measure_methods(seeds: int = 1, quick: bool = False) -> list[Row]:
    """One row a method and data set: J and training error after equally many gradients."""
    return [
        row for name in ("circle", "s_curve", "digits", "bimodal") for row in _methods(name, seeds, quick)
    ]


def _methods(dataset: str, seeds: int, quick: bool) -> Iterator[Row]:
    iterations = (100 if dataset == "digits" else 300) // (10 if quick else 1)
    for way, knobs in WAYS.items():
        spec = ac.RunSpec(dataset=dataset, iterations=iterations, **knobs)
        runs = [ac.train(spec.but(seed=seed)) for seed in range(seeds)]
        yield {
            "case": dataset,
            "way": way,
            "iterations": iterations,
            "J": mean(run.history["cost"][-1] for run in runs),
            "train_error": mean(run.history["train_error"][-1] for run in runs),
            "seconds": mean(run.summary["seconds"] or 0.0 for run in runs),
        }


def words(found: dict[str, list[Row]]) -> str:
    """The figures as Markdown."""
    runs = table(
        [
            "default run",
            "training, s",
            "aim",
            "its ODE: mean",
            "median",
            "worst",
            "network: mean",
            "ODE difference, worst",
            "verdicts",
            "MLP",
            "PCA",
            "the MLP: layers, batch, rate",
        ],
        [
            [
                f"{row['case']} ({row['method']}, {row['iterations']} it)",
                f"{row['seconds']:.1f}",
                f"{row['aim']:g}",
                *(f"{row[key]:.2g}" for key in ("exact_mean", "exact_median", "exact_worst", "mean")),
                f"{max(row['differences']):.2%}",
                ", ".join(f"{n} {kind}" for kind, n in Counter(row["verdicts"]).items()),
                *(f"{row[key]:.2g}" for key in ("mlp", "pca")),
                ", ".join(map(str, row["mlp_choice"])),
            ]
            for row in found["quality"]
        ],
    )
    ways = table(
        ["data set", "method", "gradients", "J", "training error", "s"],
        [
            [
                row["case"],
                row["way"],
                str(row["iterations"]),
                *(f"{row[key]:.3g}" for key in ("J", "train_error", "seconds")),
            ]
            for row in found["methods"]
        ],
    )
    return (
        f"Mean squared distance on fresh points, seeds 0 to {found['quality'][0]['seeds'] - 1}, one thread. "
        "A run is judged by the exact flow\nof its control. The MLP has the same data, at most as many "
        "parameters and the same time. "
        f"How the defaults were found: [defaults.md](defaults.md).\n\n{runs}\n\n"
        f"The methods after equally many accepted steps, seed 0:\n\n{ways}"
    )


def main() -> None:
    """Measures and publishes."""
    flags = parser(__doc__)
    flags.add_argument("--seeds", type=int, default=5, help="runs of each data set (now %(default)s)")
    flags.add_argument(
        "--quick", action="store_true", help="a tenth of the iterations, a sixth of the grid; nothing written"
    )
    flags.add_argument("--cases", default=",".join(CASES), help="some of the data sets, as in circle,moons")
    options = flags.parse_args()
    cases = options.cases.split(",")
    if unknown := set(cases) - set(CASES):
        flags.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    # A part of the cases must not take the place of the whole table.
    options.no_write |= options.quick or set(cases) != set(CASES)
    torch.set_num_threads(1)
    found = {
        "quality": measure(options.seeds, options.quick, cases),
        "methods": measure_methods(1, options.quick),
    }
    publish("quality", found, words(found), options)


if __name__ == "__main__":
    main()
