"""The network of a run written down plainly, and the runs that analyses of its control are held to it by."""

import torch

from autoencode_core.analysis.control.shooting import Shooting

KNOBS = [
    {"dataset": "s_curve", "bottleneck": 1, "order": "reversed", "field": "single_layer", "scheme": "euler"},
    {"dataset": "s_curve", "bottleneck": 1, "order": (1, 2, 0), "field": "two_layer", "expansion": 2},
    {"task": "classify", "bottleneck": 1, "activation": "softplus", "scheme": "midpoint", "substeps": 2},
    {"bottleneck": 2, "substeps": 3},
]


def rest(run, u: torch.Tensor, first: int, vector=None, lengths=None) -> torch.Tensor:
    """The network from layer `first` on, from states (n, d) in natural order, written down plainly.

    Args:
        run: the run.
        u: the states.
        first: number of the layer.
        vector: another control, (P,).
        lengths: lengths of the layers, (L,), if not all δ.
    """
    arch, order, spec = run.model.architecture, run.model.order, run.spec
    layers = arch.shape.layers((run.model.control.vector if vector is None else vector)[None])
    sigma = {"tanh": torch.tanh, "softplus": torch.nn.functional.softplus}[spec.activation]
    for n in range(first, arch.controlled):
        active = order[: arch.counts[n]]
        W, b, *V = (part[0] for part in layers[n])
        h = (arch.step if lengths is None else lengths[n]) / spec.substeps

        def speed(u, W=W, b=b, V=V, active=active):
            y = sigma(u[:, active] @ W.T + b.T)
            return torch.zeros_like(u).index_add(1, active, y @ V[0].T if V else y)

        for _ in range(spec.substeps):
            k = speed(u)
            if spec.scheme == "midpoint":
                k = speed(u + h / 2 * k)
            if spec.scheme == "rk4":
                k2 = speed(u + h / 2 * k)
                k3 = speed(u + h / 2 * k2)
                k = (k + 2 * k2 + 2 * k3 + speed(u + h * k3)) / 6
            u = u + h * k
        if n == arch.depth // 2 - 1:
            kept = torch.zeros(arch.width, dtype=u.dtype)
            kept[order[: arch.bottleneck]] = 1
            u = u * kept
    return u


def data_term(run, vector=None, lengths=None) -> torch.Tensor:
    """(1/N) Σ|X_L - y|² over the training particles, from `rest`."""
    shooting, order = Shooting(run), run.model.order
    u = torch.zeros(shooting.x.shape[2], run.model.architecture.width, dtype=torch.float64)
    u[:, order] = shooting.x[0].T
    end = rest(run, u, 0, vector, lengths)[:, order[: shooting.y.shape[1]]]
    return (end - shooting.y[0].T).square().sum() / len(u)
