"""The engine of more particles than a device holds: they stay where they are and come over in chunks."""

from collections.abc import Iterator

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.engine import Engine, engine_for

CHUNK = 2**27
"""Bytes of a chunk of states; two are on the device at once, and as many of targets."""
SPARE = 0.5
"""Share of a device's free memory that particles may take."""

Chunk = tuple[Tensor, Tensor]
"""States and targets."""


class Streamed:
    """Sums over particles, chunk by chunk; while one is swept, the next one is copied.

    Args:
        arch: the architecture.
        device: where to compute; the particles lie elsewhere.
        dtype: of controls and particles.
        engine: what sums over a chunk; chosen by size by default.
        chunk: bytes of a chunk.
    """

    def __init__(
        self,
        arch: Architecture,
        device: torch.device,
        dtype: torch.dtype,
        engine: Engine | None = None,
        chunk: int = CHUNK,
    ) -> None:
        self.device, self.dtype, self.chunk = device, dtype, chunk
        self.engine = engine or engine_for(arch, torch.empty(0, dtype=dtype, device=device))

    def by(self, arch: Architecture) -> "Streamed":
        """The same for another architecture."""
        return Streamed(arch, self.device, self.dtype, chunk=self.chunk)

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Σ_i (X_L - y)² of each component, (R, a)."""
        total = theta.new_zeros(len(theta), y.shape[1], dtype=torch.float64)
        for states, targets in self._chunks(x, y):
            total += self.engine.squares(theta, states, targets)
        return total.to(theta)

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same and the loss part of ∇J, (R, P)."""
        total = theta.new_zeros(len(theta), y.shape[1], dtype=torch.float64)
        gradient = torch.zeros_like(theta, dtype=torch.float64)
        for states, targets in self._chunks(x, y):
            squares, part = self.engine.squares_and_gradient(theta, states, targets)
            total += squares
            gradient.add_(part, alpha=states.shape[2] / x.shape[2])  # that of a chunk is a mean over it
        return total.to(theta), gradient.to(theta)

    def _chunks(self, x: Tensor, y: Tensor) -> Iterator[Chunk]:
        """The particles on the device; the copy of the next chunk has begun when one is given out."""
        most = max(1, self.chunk // (x.shape[0] * x.shape[1] * x.element_size()))
        cuts = [slice(first, first + most) for first in range(0, x.shape[2], most)]
        copier = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None
        coming = self._copied(x, y, cuts[0], copier)
        for following in (*cuts[1:], None):
            here = coming
            if copier is not None:
                current = torch.cuda.current_stream(self.device)
                current.wait_stream(copier)
                for part in here:
                    part.record_stream(current)
            if following is not None:
                coming = self._copied(x, y, following, copier)
            yield here

    def _copied(self, x: Tensor, y: Tensor, cut: slice, copier: "torch.cuda.Stream | None") -> Chunk:
        with torch.cuda.stream(copier):  # without one it does nothing
            states = x[:, :, cut].to(self.device, non_blocking=True)
            return states, states if y is x else y[:, :, cut].to(self.device, non_blocking=True)


def fits(needed: float, device: torch.device) -> bool:
    """Whether particles of so many bytes may lie on a device; where they do not, they are streamed."""
    return device.type != "cuda" or needed <= SPARE * torch.cuda.mem_get_info(device)[0]
