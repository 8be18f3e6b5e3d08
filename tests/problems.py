"""Problems with known answers, shared by all numeric tests."""

import numpy as np
import torch

from autoencode_core.data.coordinates import Coordinates
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.flow.widths import kept_order
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train

FIELDS = ("single_layer", "two_layer")
ACTIVATIONS = ("tanh", "softplus", "relu", "sin", "identity")
PROFILES = ("linear", "geometric", "step", (2, 2, 1))


def cloud(width: int, particles: int = 40, seed: int = 0) -> np.ndarray:
    """A Gaussian cloud with unequal spreads and a shifted centre, (N, d)."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((particles, width)) * np.linspace(1.0, 0.3, width) + 0.2


def model(spec: RunSpec, points: np.ndarray | None = None, scale: float | None = None) -> AutoencODE:
    """An untrained float64 model of a spec, its coordinates fitted to `points`."""
    from autoencode_core.data.catalogue import card

    points = cloud(card(spec.dataset).width) if points is None else points
    coordinates = Coordinates.fit(spec.coordinates, points)
    order = kept_order(spec.order, np.asarray(coordinates.to_flow(points)))
    shape = Architecture.of(spec, points.shape[1]).shape
    vector = shape.initial(spec.seed, spec.init_scale if scale is None else scale, torch.float64)
    # Biases start at 0; a test of a gradient wants them elsewhere.
    noise = torch.randn(vector.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return AutoencODE(spec, vector + 0.1 * noise, coordinates, order)


def small_spec(**knobs: object) -> RunSpec:
    """A moons spec with a bottleneck of one, six layers and float64."""
    return RunSpec(
        **{"dataset": "moons", "bottleneck": 1, "depth": 6, "horizon": 2.0, "dtype": "float64", **knobs}
    )


def by_particle(model: AutoencODE, x: np.ndarray, vector: torch.Tensor) -> torch.Tensor:
    """The network written down plainly, particle-major and with masks: the definition, for comparison.

    Follows theory section 2 word for word and shares no code with the engine; differentiable in `vector`.
    """
    arch, d = model.architecture, model.architecture.width
    sigma = {
        "tanh": torch.tanh,
        "softplus": torch.nn.functional.softplus,
        "relu": torch.relu,
        "sin": torch.sin,
        "identity": lambda z: z,
    }[model.spec.activation]
    u = torch.as_tensor(np.asarray(model.coordinates.to_flow(x)))
    start = 0
    for n in range(arch.controlled):
        a = arch.counts[n]
        active = [int(i) for i in model.order[:a]]
        h = a * (arch.expansion or 1)
        W = vector[start : start + h * a].reshape(h, a)
        b = vector[start + h * a : start + h * a + h]
        start += h * a + h
        y = sigma(u[:, active] @ W.T + b)
        if arch.expansion:
            V = vector[start : start + a * h].reshape(a, h)
            start += a * h
            y = y @ V.T
        full = torch.zeros_like(u)
        full[:, active] = y
        u = u + arch.step * full
        if n == arch.depth // 2 - 1:
            kept = torch.zeros(d, dtype=u.dtype)
            kept[model.order[: arch.bottleneck]] = 1
            u = u * kept
    return u


def bimodal_best_constant(
    tikhonov: float, x: np.ndarray, y: np.ndarray, steps: int = 10
) -> tuple[float, float]:
    """Best J over constant θ = w (bias 0), F = tanh(w x), T = 1, by scanning w (theory section 7)."""
    best = (np.inf, 0.0)
    for w in np.linspace(-5, 5, 4001):
        u = x.copy()
        for _ in range(steps):
            u = u + np.tanh(w * u) / steps
        best = min(best, (float(np.mean((u - y) ** 2) + tikhonov * w * w), float(w)))
    return best


def converged_bimodal(tikhonov: float = 0.1, **knobs):
    """A converged run of the bimodal transport."""
    end = {"dtype": "float64", "iterations": 400, "tolerance": 1e-9}
    return train(RunSpec(dataset="bimodal", tikhonov=tikhonov, **{"particles": 200, **end, **knobs}))
