"""The forward sweep and the costate sweep: the exact discrete adjoint of the residual network."""

from dataclasses import dataclass

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.control import Layer
from autoencode_core.flow.fields import Kept


@dataclass(frozen=True)
class Sweep:
    """A forward sweep and what the costate needs of it.

    Attributes:
        layers: views of the control that was used.
        inputs: active state that entered each layer, (R, a_n, N).
        kept: what each layer's pullback needs.
        outcome: state after the last controlled layer, (R, a, N).
    """

    layers: list[Layer]
    inputs: list[Tensor]
    kept: list[Kept]
    outcome: Tensor


def forward(arch: Architecture, theta: Tensor, x: Tensor) -> Sweep:
    """X_{n+1} = X_n + δ F_n(X_n, θ_n) on the active blocks, with what the pullback needs.

    Args:
        arch: the architecture.
        theta: controls, (R, P).
        x: states at t = 0, (R, d, N).
    """
    layers, inputs, kept = arch.shape.layers(theta), [], []
    for layer in layers:
        x = resize(x, layer.W.shape[-1])
        velocity, needed = arch.field.linearize(layer, x)
        inputs.append(x)
        kept.append(needed)
        x = torch.add(x, velocity, alpha=arch.step)
    return Sweep(layers, inputs, kept, x)


def backward(arch: Architecture, sweep: Sweep, p: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The costate sweep p_n = p_{n+1} + δ (∂_x F_n)^T p_{n+1}, with p <- Π p at the bottleneck.

    Args:
        arch: the architecture.
        sweep: the forward sweep.
        p: costate at the end, (R, a, N).

    Returns:
        Σ_i (∂_θ F_n)^T p_{n+1}^i for every layer as one (R, P) tensor, and the costates p_{n+1} on
        the active block of each layer.

    Source:
        Theory section 3; the maximum principle of the paper, section 3, discretised.
    """
    gradient = torch.empty(p.shape[0], arch.shape.size, dtype=p.dtype, device=p.device)
    into, costates = arch.shape.layers(gradient), [p] * len(sweep.layers)
    for n in reversed(range(len(sweep.layers))):
        # Going back in time the encoder widens: what was inactive later, or dropped, has costate 0;
        # the decoder narrows: what started from 0 passes nothing on.
        p = resize(p, sweep.inputs[n].shape[1])
        costates[n] = p
        p = arch.field.pullback(sweep.layers[n], sweep.inputs[n], sweep.kept[n], p, arch.step, into[n])
    return gradient, costates


def frozen_gradient(arch: Architecture, sweep: Sweep, costates: list[Tensor], theta: Tensor) -> Tensor:
    """The loss part of -∂_θ H_n at another control, with states and costates frozen.

    Args:
        arch: the architecture.
        sweep: forward sweep that gives the frozen states.
        costates: p_{n+1} for each layer.
        theta: the other control, (R, P).

    Returns:
        (R, P).
    """
    gradient = torch.empty_like(theta)
    into = arch.shape.layers(gradient)
    for n, layer in enumerate(arch.shape.layers(theta)):
        _, kept = arch.field.linearize(layer, sweep.inputs[n])
        arch.field.pullback(layer, sweep.inputs[n], kept, costates[n], arch.step, into[n])
    return gradient
