"""Batches of the particles: of each regime in an order of its own, none seen twice before all were."""

from collections.abc import Sequence

import torch
from torch import Tensor

from autoencode_core.training.checkpoint import Tensors


class Batches:
    """The batches of R regimes, side by side.

    Args:
        particles: N.
        size: particles of a batch; the last one of a pass over all of them may be smaller.
        seeds: of the orders, one a regime.
        device: where batches are wanted.
    """

    def __init__(self, particles: int, size: int, seeds: Sequence[int], device: torch.device) -> None:
        self.particles, self.size, self.device = particles, size, device
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._before = self._states()
        self._orders, self._used = torch.zeros(len(seeds), 0, dtype=torch.long, device=device), particles

    def next(self) -> Tensor:
        """The particles of the next batch, (R, B)."""
        if self._used == self.particles:
            self._before, self._used = self._states(), 0
            self._draw()
        self._used = min(self._used + self.size, self.particles)
        return self.latest

    @property
    def latest(self) -> Tensor:
        """The particles of the latest batch, (R, B)."""
        first = (self._used - 1) // self.size * self.size
        return self._orders[:, first : self._used]

    def part(self, rows: Tensor) -> "Batches":
        """Those of some of the regimes, (r,), from here on; these go on by themselves."""
        own = Batches(self.particles, self.size, [0] * len(rows), self.device)
        for generator, row in zip(own.generators, rows.tolist(), strict=True):
            generator.set_state(self.generators[row].get_state())
        own._before = [self._before[row] for row in rows.tolist()]
        own._orders, own._used = self._orders[rows], self._used
        return own

    def state(self) -> dict[str, Tensor]:
        """What tells the batches to come: the orders are drawn again from what their pass began with."""
        return {"generators": torch.stack(self._before), "used": torch.tensor([self._used])}

    def restore(self, state: Tensors) -> None:
        """Goes on from a state.

        Raises:
            CheckpointRefused: it is none of as many regimes and particles.
        """
        before = state.take("generators", torch.uint8, (len(self.generators), len(self._before[0])))
        self._before = [own.clone() for own in before]  # a generator crashes on a view
        self._used = int(state.whole("used", (1,), 1, self.particles))
        try:
            for generator, before in zip(self.generators, self._before, strict=True):
                generator.set_state(before)
        except RuntimeError as error:
            raise state.refused("generators", str(error), "states of a generator") from None
        self._draw()

    def _states(self) -> list[Tensor]:
        return [generator.get_state() for generator in self.generators]

    def _draw(self) -> None:
        drawn = [torch.randperm(self.particles, generator=own) for own in self.generators]
        self._orders = torch.stack(drawn).to(self.device)
