"""Where a run computes: its device and its number of threads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.spec import Method, RunSpec

GPU_FLOPS: Mapping[Method, float] = {"adam": 3e7, "lbfgs": 1e8, "pmp": 1e8}
"""Flops of one gradient from which "auto" takes a GPU, for each method.

Measured on an H100 80 GB beside a core: a captured gradient takes 0.46 ms however small it is, so that it
pays alone from about 1e7 flops; whole iterations, in which each line search and each look waited for the
card, from 1e8. Estimated from these, not measured yet: adam now waits once in several iterations, which are a
gradient, a captured test error and some launches, about 1.2 ms and so three gradients' flops. The fused
kernel of narrow nets is not counted: it takes a tenth of a captured gradient, so that with it the rest of an
iteration decides."""


def pick_device(spec: RunSpec, arch: Architecture, particles: int, regimes: int = 1) -> torch.device:
    """The device of a run; "auto" takes CUDA where it pays, or where fast products are wanted.

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
        taken = min(particles, spec.batch_size or particles)
        pays = spec.precision == "fast" or step_flops(arch, taken, regimes) > GPU_FLOPS[spec.method]
        return torch.device("cuda" if "cuda" in here and pays else "cpu")
    return torch.device(spec.device)


@contextmanager
def products_as(spec: RunSpec) -> Iterator[None]:
    """A CUDA card's float32 products as the spec has them; the old setting comes back afterwards.

    The setting is the process's own: what other threads multiply on a card meanwhile is multiplied alike.
    """
    matmul: Any = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    if spec.precision == "fast":
        matmul.fp32_precision = "tf32"
    try:
        yield
    finally:
        matmul.fp32_precision = before


def free_memory(device: torch.device) -> None:
    """Gives what this process holds of a card's memory, and no tensor uses, back to it."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


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
