"""Where particles go, without a way back: what is looked at beside the training."""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from autoencode_core.flow import double_precision, kernel
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.training.narrow import Narrow, is_known
from autoencode_core.training.threads import share_out


def outputs(arch: Architecture, theta: Tensor, x: Tensor) -> Tensor:
    """States after the last controlled layer, (R, a, N), from x (R or 1, d, N) at controls (R, P)."""
    if x.dtype == torch.float64 and x.device.type == "cpu" and is_known(arch):
        return _in_double(arch, theta, x)
    return codes_and_outputs(arch, theta, x)[1]


def codes_and_outputs(arch: Architecture, theta: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """States at the bottleneck, (R, k, N), and after the last controlled layer, (R, a, N).

    On a processor each regime comes out as it does alone.

    Args:
        arch: the architecture.
        theta: controls, (R, P).
        x: states at t = 0, (R, d, N), or (1, d, N) where all regimes share them.
    """
    half, x = arch.depth // 2, x.expand(len(theta), -1, -1) if theta.device.type != "cpu" else x
    if Narrow.suits(arch, x):
        return _compiled(arch, theta, x, half)
    if theta.device.type != "cpu" or len(theta) == 1:
        return _layer_by_layer(arch, theta, x, half)
    # One by one: products of several regimes round otherwise than those of one.
    own = x.split(1) if len(x) > 1 else [x] * len(theta)
    found = [_layer_by_layer(arch, *each, half) for each in zip(theta.split(1), own, strict=True)]
    codes, ends = zip(*found, strict=True)
    return torch.cat(codes), torch.cat(ends)


def _layer_by_layer(arch: Architecture, theta: Tensor, x: Tensor, half: int) -> tuple[Tensor, Tensor]:
    layers = arch.shape.layers(theta)
    code = resize(arch.outcome(layers[:half], x), arch.bottleneck)
    return code, code if arch.controlled == half else arch.outcome(layers[half:], code, half)


def _compiled(arch: Architecture, theta: Tensor, x: Tensor, half: int) -> tuple[Tensor, Tensor]:
    net, number = Narrow(arch), np.float32
    code, end = (
        np.empty((len(theta), rows, x.shape[2]), number)
        for rows in (arch.bottleneck, arch.counts[arch.controlled - 1])
    )
    fixed = net.counts, net.m, net.sigma, number(arch.step), *net.scheme, arch.substeps
    given = theta.contiguous().numpy(), x.contiguous().numpy(), half, code, end
    share_out(partial(kernel.states, *fixed, *given), len(theta), net.threads)
    return torch.from_numpy(code), torch.from_numpy(end)


def _in_double(arch: Architecture, theta: Tensor, x: Tensor) -> Tensor:
    net, (a, b) = (
        Narrow(arch),
        (np.array(part, dtype=np.float64) for part in (arch.scheme.matrix, arch.scheme.b)),
    )
    end = np.empty((len(theta), arch.counts[arch.controlled - 1], x.shape[2]))
    fixed = net.counts, net.m, net.sigma, arch.step, a, b, arch.substeps
    given = theta.contiguous().numpy(), x.contiguous().numpy(), end
    blocks = len(theta) * -(-x.shape[2] // double_precision.BLOCK)
    share_out(partial(double_precision.ends, *fixed, *given), blocks, net.threads)
    return torch.from_numpy(end)
