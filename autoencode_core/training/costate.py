"""The forward sweep and the costate sweep: the exact discrete adjoint of the residual network."""

import torch
from torch import Tensor

from autoencode_core.flow.activations import NONLINEARITIES
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import Stage


class Room:
    """The tensors of both sweeps, laid out once for R regimes of N particles and used again and again.

    Args:
        arch: the architecture.
        regimes: R.
        particles: N.
        like: a tensor of the wanted precision, on the wanted device.

    Attributes:
        theta: the control, (R, P), to be written before a sweep.
        x: state at t = 0, (R, d, N), likewise.
        gradient: Σ_i (∂_θ F_n)^T p_{n+1}^i of every layer, (R, P), after the costate sweep.
        outcome: state after the last controlled layer, (R, a, N), after the forward sweep.
        end: where the costate at the end is to be written, (R, a, N), before the costate sweep.
    """

    def __init__(self, arch: Architecture, regimes: int, particles: int, like: Tensor) -> None:
        counts = arch.shape.counts
        self.arch, self.theta = arch, like.new_zeros(regimes, arch.shape.size)
        self.gradient = torch.zeros_like(self.theta)
        # Components that come alive start from 0: their rows are never written.
        states = [like.new_zeros(regimes, a, particles) for a in (*counts, counts[-1])]
        self.x, self.outcome, self.p = states[0], states[-1], like.new_zeros(regimes, arch.width, particles)
        self.end = self.p[:, : counts[-1]]
        self.desk = like.new_zeros(regimes, arch.width * (arch.expansion or 1), particles)
        layers, into = arch.shape.layers(self.theta), arch.shape.layers(self.gradient)
        self.stages = [
            Stage(
                layers[n],
                into[n],
                states[n],
                states[n + 1][:, : min(a, states[n + 1].shape[1])],
                self.p[:, :a],
                self.desk,
                arch.field.activation,
                arch.step,
            )
            for n, a in enumerate(counts)
        ]

    @staticmethod
    def numbers(arch: Architecture) -> int:
        """Numbers that one particle of one regime takes."""
        hidden = sum(arch.shape.counts) * (arch.expansion or 1)
        kept = hidden * (2 if NONLINEARITIES[arch.field.activation].keeps_input else 1)
        return sum(arch.shape.counts) + kept + arch.width * (3 + (arch.expansion or 1))


def forward(room: Room) -> Tensor:
    """X_{n+1} = X_n + δ F_n(X_n, θ_n) on the active blocks: from room.x to room.outcome, which it returns."""
    for stage in room.stages:
        room.arch.field.push(stage)
    return room.outcome


def backward(room: Room, costates: list[Tensor] | None = None) -> Tensor:
    """The costate sweep p_n = p_{n+1} + δ (∂_x F_n)^T p_{n+1}, with p <- Π p at the bottleneck.

    Args:
        room: where a forward sweep has just been, with the costate at the end in room.end.
        costates: if given, an empty list that gets p_{n+1} on the active block of each layer.

    Returns:
        room.gradient.

    Source:
        Theory section 3; the maximum principle of the paper, section 3, discretised.
    """
    have = room.end.shape[1]
    for stage in reversed(room.stages):
        # Going back in time the encoder widens: what was dropped has costate 0; the decoder narrows:
        # what started from 0 passes nothing on.
        a = stage.p.shape[-2]
        if a > have:
            stage.p[..., have:, :] = 0
        have = a
        if costates is not None:
            costates.insert(0, stage.p.clone())
        room.arch.field.pull(stage)
    return room.gradient


def frozen_gradient(room: Room, costates: list[Tensor], theta: Tensor) -> Tensor:
    """The loss part of -∂_θ H_n at another control, with states and costates frozen.

    Args:
        room: where a forward sweep left its states.
        costates: p_{n+1} for each layer.
        theta: the other control, (R, P).

    Returns:
        (R, P), a new tensor.
    """
    arch, gradient = room.arch, torch.zeros_like(theta)
    layers, into = arch.shape.layers(theta), arch.shape.layers(gradient)
    for n, stage in enumerate(room.stages):
        out, p = torch.empty_like(_batched(stage.out)), _batched(costates[n]).clone()
        x, sigma = _batched(stage.x), arch.field.activation
        trial = Stage(layers[n], into[n], x, out, p, room.desk, sigma, arch.step)
        arch.field.push(trial)
        arch.field.pull(trial)
    return gradient


def _batched(x: Tensor) -> Tensor:
    return x if x.ndim == 3 else x[None]
