"""The doubled form of the flow: shadow variables instead of the projection at the bottleneck."""

from dataclasses import dataclass

import torch
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE, Points


@dataclass(frozen=True)
class DoubledFlow:
    """Trajectories in R^{2d}.

    Attributes:
        times: (S,).
        states: (S, N, d), the x half, in flow coordinates and natural order.
        shadows: (S, N, d), the s half.
        output: (N, d), u(T) in data units.
    """

    times: Tensor
    states: Tensor
    shadows: Tensor
    output: Tensor


def doubled_flow(
    model: AutoencODE, x: Points, method: str | None = None, substeps: int | None = None
) -> DoubledFlow:
    """The flow of the doubled state (x, s), s(0) = 0.

    The encoder drives x on A_n; the decoder reads and drives u, u_i = x_i on A_* and s_i elsewhere.
    There is no projection, and the state is continuous in t.

    Args:
        model: a model with a decoder.
        x: particles in data units, (N, d).
        method: a scheme, as in `AutoencODE.flow`.
        substeps: sub-steps per layer, likewise.

    Source:
        The doubling of section 2 of the paper; docs/theory.md, section 2.
    """
    if model.spec.task == "classify":
        raise InputError("task", "classify", "a task with a decoder")
    arch = model.integrated(method, substeps)
    r, k, half = arch.substeps, arch.bottleneck, arch.depth // 2
    state = model.to_engine(x)
    shadow = torch.zeros_like(state)
    states, shadows = [state], [shadow]
    for n, layer in enumerate(arch.shape.layers(model.control.vector[None])):
        a = arch.counts[n]
        for _ in range(r):
            # In the engine's order A_* is the first k components.
            read = state[:, :a] if n < half else torch.cat([state[:, :k], shadow[:, k:a]], dim=1)
            moved = arch.move(layer, read)
            if n < half:
                state = torch.cat([moved, state[:, a:]], dim=1)
            else:
                state = torch.cat([moved[:, :k], state[:, k:]], dim=1)
                shadow = torch.cat([shadow[:, :k], moved[:, k:], shadow[:, a:]], dim=1)
            states.append(state)
            shadows.append(shadow)
    output = model.from_engine(torch.cat([state[:, :k], shadow[:, k:]], dim=1))
    times = torch.arange(len(states), dtype=torch.float64) * (arch.step / r)
    natural = model.natural
    return DoubledFlow(
        times.to(state),
        torch.stack([natural(s) for s in states]),
        torch.stack([natural(s) for s in shadows]),
        output,
    )
