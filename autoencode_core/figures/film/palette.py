"""The one palette of an animated GIF: colours that mean something stay as they are."""

from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from autoencode_core.figures import theme

Array = NDArray[Any]

_MOST = 255
_FREQUENT = 160
"""Colours that are kept as they are, because they are the theme's or frequent; the others are gathered."""
_BITS = 6
"""Bits of each channel that tell colours apart."""


class Palette:
    """At most 255 colours for all frames of a film.

    Args:
        frames: some of them, (height, width, 3) uint8.
        first: (c, 3) uint8 colours that must be in it.
    """

    def __init__(self, frames: list[Array], first: Array) -> None:
        values, counts = np.unique(_packed(np.concatenate(frames)), return_counts=True)
        by_count = values[np.argsort(-counts, kind="stable")]
        kept = np.concatenate([_packed(first), by_count])
        kept = kept[np.sort(np.unique(kept, return_index=True)[1])][:_FREQUENT]
        others = np.setdiff1d(values, kept)
        self.colours = _unpacked(kept)
        if len(others):
            room = _MOST - len(kept)
            gathered = Image.fromarray(_unpacked(others)[None]).quantize(room, Image.Quantize.MEDIANCUT)
            more = np.array(gathered.getpalette() or (), np.uint8).reshape(-1, 3)[:room]
            self.colours = np.concatenate([self.colours, more])
        # One entry for each colour of few bits, found when it is first needed.
        self._table = np.full(1 << 3 * _BITS, -1, np.int16)
        backwards = np.arange(len(kept))[::-1]  # of two in one entry the first wins
        self._table[_entry(self.colours[backwards])] = backwards

    def indexed(self, frame: Array) -> Image.Image:
        """A frame as an image of palette numbers."""
        entries = _entry(frame)
        missing = np.unique(entries[self._table[entries] < 0])
        for part in np.array_split(missing, len(missing) // 4096 + 1):
            steps = np.stack([part >> 2 * _BITS, part >> _BITS, part], axis=-1) & ((1 << _BITS) - 1)
            middle = (steps << (8 - _BITS)) + (1 << (7 - _BITS))
            apart = (middle[:, None, :] - self.colours[None].astype(int)) ** 2
            self._table[part] = apart.sum(axis=2).argmin(axis=1)
        image = Image.fromarray(self._table[entries].astype(np.uint8), "P")
        image.putpalette(self.colours.tobytes())
        return image


def theme_colours(dark: bool) -> Array:
    """The theme's colours (c, 3) uint8, and what they become at the edge of a line of text."""
    roles = ("page", "ink", "muted", "grid", *theme.ROLES)
    pure = np.array([to_rgb(theme.colour(role, dark)) for role in roles])
    edges = (pure + pure[0]) / 2
    return np.asarray(np.rint(np.concatenate([pure, edges]) * 255), np.uint8)


def _entry(colours: Array) -> Array:
    steps: Array = colours.astype(np.int32) >> (8 - _BITS)
    return np.asarray((steps[..., 0] << 2 * _BITS) | (steps[..., 1] << _BITS) | steps[..., 2])


def _packed(colours: Array) -> Array:
    flat = colours.reshape(-1, 3).astype(np.uint32)
    return np.asarray((flat[:, 0] << 16) | (flat[:, 1] << 8) | flat[:, 2])


def _unpacked(packed: Array) -> Array:
    return np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=-1).astype(np.uint8)
