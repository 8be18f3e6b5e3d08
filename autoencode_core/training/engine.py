"""Which engine sums the cost and its gradient over the particles."""

import threading
from typing import Protocol

from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.fused import Fused
from autoencode_core.training.layered import GPU_WORKSPACE, WORKSPACE, Layered
from autoencode_core.training.narrow import Narrow


class Engine(Protocol):
    """Sums over particles; the cost and its penalty are the objective's business."""

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Σ_i (X_L - y)² of each component, (R, a), valid until the next call.

        Args:
            theta: controls, (R, P).
            x: states at t = 0, (R or 1, d, N).
            y: targets, (R or 1, a, N).
        """
        ...

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same and the loss part of ∇J in L²(0,T), (R, P), valid until the next call."""
        ...


def engine_for(arch: Architecture, like: Tensor) -> Engine:
    """The fastest engine for this architecture, and this tensor's precision and device."""
    if Narrow.suits(arch, like):
        return Narrow(arch)
    if Fused.suits(arch, like.dtype, like.device):
        return Fused(arch)
    return Layered(arch, GPU_WORKSPACE if like.device.type == "cuda" else WORKSPACE)


def engine_again(arch: Architecture, like: Tensor) -> Engine:
    """The same, or the engine of this thread's last call where that suits: its tensors are laid out."""
    key = arch, like.dtype, like.device
    if getattr(_last, "key", None) != key:
        _last.key, _last.engine = key, engine_for(arch, like)
    return _last.engine  # type: ignore[no-any-return]


_last = threading.local()
