"""Where a run computes: its device and its number of threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.spec import RunSpec

GPU_FLOPS = 1e8
"""Flops of one gradient from which "auto" takes a GPU. A processor core does them in one or two milliseconds;
to replay the few hundred kernels of a captured gradient is expected to take a good part of one, whatever
their size. The core's share is measured, the GPU's is not yet."""


def pick_device(spec: RunSpec, arch: Architecture, particles: int, regimes: int = 1) -> torch.device:
    """The device of a run; "auto" takes CUDA where the gradient is work enough for it.

    Raises:
        InputError: the device is not there, or cannot do the precision asked for.
    """
    here = {"auto", "cpu"}
    if torch.cuda.is_available():
        here.add("cuda")
    if torch.backends.mps.is_available():
        here.add("mps")
    if spec.device not in here:
        raise InputError("device", spec.device, f"on this machine {', '.join(sorted(here))}")
    if spec.device == "mps" and spec.dtype == "float64":
        raise InputError("dtype", spec.dtype, "float32 on mps")
    if spec.device == "auto":
        return torch.device(
            "cuda" if "cuda" in here and step_flops(arch, particles, regimes) > GPU_FLOPS else "cpu"
        )
    return torch.device(spec.device)


def step_flops(arch: Architecture, particles: int, regimes: int = 1) -> float:
    """Flops of one gradient: three products with each matrix of the control for each evaluation point."""
    return 6.0 * particles * arch.points * arch.shape.size * regimes


def layer_flops(arch: Architecture, particles: int) -> float:
    """Flops of the widest layer's product."""
    return 2.0 * particles * max(block.size for block in arch.field.blocks(arch.width))


@contextmanager
def flushed() -> Iterator[None]:
    """Numbers too small for full precision count as 0: on them a processor takes up to five times as long.

    Entries that no particle feels fade away under the penalty, and pass through such numbers for ever.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
