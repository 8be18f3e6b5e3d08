"""How much memory a batch of regimes takes, and how much there is."""

from collections.abc import Sequence

import psutil
import torch

from autoencode_core.data.loading import probe_indices
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.spec import RunSpec
from autoencode_core.store.history import MOST_SNAPSHOTS, PATH_NUMBERS
from autoencode_core.training.costate import SweepTensors, lean
from autoencode_core.training.device import pick_device
from autoencode_core.training.fused import Fused, Plan
from autoencode_core.training.layered import GPU_WORKSPACE, WORKSPACE
from autoencode_core.training.lbfgs import most_pairs
from autoencode_core.training.metric import metric_bytes
from autoencode_core.training.run import DTYPES
from autoencode_core.words import measured

SPARE = 0.5
"""Share of the free memory that a batch takes unless told otherwise."""

CONTROLS = 16
"""Tensors of the control's shape that are there at once: starts, controls, gradients, trials, moments."""


def regime_bytes(spec: RunSpec, width: int | None = None) -> int:
    """Bytes of one regime: its particles, controls, quasi-Newton pairs, snapshots and history.

    Args:
        spec: of the regime.
        width: number of components d, of particles that are given; that of the spec's data set by default.
    """
    arch = _architecture(spec, width)
    number = DTYPES[spec.dtype].itemsize
    particles = spec.particles * 5 / 4
    data = particles * arch.width * (8 + 3 * number) + particles * 16  # as drawn, as tensors, in the engine
    controls = CONTROLS + (2 * most_pairs(arch.shape.size) if spec.method == "lbfgs" else 0)
    metric = metric_bytes(arch) if spec.method == "pmp" and spec.metric == "field" else 0
    probe = len(probe_indices(spec.particles, arch.width)) * (arch.width + arch.bottleneck) * 4
    history = spec.iterations * 9 * 32
    controls += min(MOST_SNAPSHOTS, PATH_NUMBERS // arch.shape.size)
    return int(data + controls * arch.shape.size * number + metric + MOST_SNAPSHOTS * probe + history)


def workspace_bytes(spec: RunSpec, width: int | None = None) -> int:
    """Bytes that the sweeps of a batch share, whatever the number of regimes; as `regime_bytes`."""
    arch, dtype = _architecture(spec, width), DTYPES[spec.dtype]
    device, number = pick_device(spec, arch, spec.particles), dtype.itemsize
    fused = Fused.suits(arch, dtype, device)
    kernel = 2 * Plan(arch, spec.particles, number, wanted=True).bytes if fused else 0  # training, test
    most = GPU_WORKSPACE if device.type == "cuda" and not fused else WORKSPACE
    one = SweepTensors.numbers(arch, lean(arch, number, most)) * spec.particles * number
    layers = 3 * min(most, one)  # a part, one of another size, that of the cost alone
    return int(kernel + layers) + WORKSPACE // 4  # what passes by


def available(spec: RunSpec, width: int | None = None) -> int:
    """Bytes that a batch may take by default: half of what the spec's device has free; as `regime_bytes`."""
    device = pick_device(spec, _architecture(spec, width), spec.particles)
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return int(SPARE * free)


def too_large(specs: Sequence[RunSpec], width: int | None = None) -> InputError:
    """What to say where a device does not hold the training of regimes; `width` as in `regime_bytes`."""
    spec = specs[0]
    size = size_in_words(len(specs) * regime_bytes(spec, width))
    several = f" with {len(specs)} runs side by side" if len(specs) > 1 else ""
    return InputError(
        "particles",
        spec.particles,
        f"as many as the memory of the device holds{several}: they, their controls and what is kept of them "
        f"take about {size}; the processor (device cpu) may have more",
    )


def _architecture(spec: RunSpec, width: int | None) -> Architecture:
    return Architecture.of(spec, spec.card().width if width is None else width)


def size_in_words(size: float) -> str:
    """A number of bytes for a person."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{measured(size, 4)} {unit}"
        size /= 1024
    return f"{measured(size, 4)} GiB"
