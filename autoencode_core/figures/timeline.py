"""The frames of a film: which times they show, what is active then, and their captions."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import bottleneck_index, component_names, flow_states
from autoencode_core.figures.theme import join
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]
Phase = Literal["encoder", "bottleneck", "decoder"]

IDLE = ("frozen", "dropped")
"""What a component is that the field does not drive: in the encoder it stands where it was left; at T/2 it is
forgotten, and stays at 0 until the decoder drives it again."""
NOT_DRIVEN = "frozen or dropped"
"""The same in a legend for the whole flow."""
PROJECTION_FRAMES = 12
"""Frames of the projection at T/2, during which time stands still."""


@dataclass(frozen=True)
class Timeline:
    """F frames over a flow whose state at T/2 is there twice: before the projection and after it.

    Attributes:
        times: (F,) flow times.
        places: (F,) positions among the knots X_0, …, X_{L/2} before, X_{L/2} after, …, X_L.
        active: (F, d) bool, what the field drives (during the projection: what is kept).
        phases: (F,) encoder, bottleneck (the projection) or decoder.
        captions: one line of text a frame.
        knot_times: (S,) times of the stored states.
        widths: (S,) number of active components from that time on.
        middle: index of T/2 among the stored states.
    """

    times: Array
    places: Array
    active: Array
    phases: tuple[Phase, ...]
    captions: tuple[str, ...]
    knot_times: Array
    widths: Array
    middle: int

    def __len__(self) -> int:
        return len(self.times)

    @property
    def has_decoder(self) -> bool:
        """Whether the flow goes on after T/2 (it does not for classify)."""
        return self.middle < len(self.knot_times) - 1


def timeline(record: RunRecord, frames: int = 60) -> Timeline:
    """Frames evenly spaced over the flow, and PROJECTION_FRAMES more where something is dropped.

    Args:
        record: the run.
        frames: number of frames besides those of the projection, at least 4.

    Raises:
        InputError: the run has no stored flow.
    """
    states = flow_states(record)
    times, active = (
        np.asarray(record.probe["flow_times"], float),
        np.asarray(record.probe["flow_active"], bool),
    )
    last, middle = len(states) - 1, bottleneck_index(record)
    half = max(2, frames // 2) if middle < last else max(4, frames)

    encoder = np.linspace(times[0], times[middle], half)
    at = [_places(encoder, times[: middle + 1])]
    shown, phases = [encoder], ["encoder"] * half
    if not active[middle].all():
        at.append(middle + np.linspace(0, 1, PROJECTION_FRAMES + 1)[1:])
        shown.append(np.full(PROJECTION_FRAMES, times[middle]))
        phases += ["bottleneck"] * PROJECTION_FRAMES
    if middle < last:
        decoder = np.linspace(times[middle], times[last], half)
        at.append(middle + 1 + _places(decoder, times[middle:]))
        shown.append(decoder)
        phases += ["decoder"] * half
    places, at_times = np.concatenate(at), np.concatenate(shown)
    interval = np.array([_interval(p, w, middle, last) for p, w in zip(places, phases, strict=True)])
    on = active[interval]
    spec = record.spec
    layers = spec.depth if middle < last else spec.depth // 2
    begun = times[np.minimum(interval, last - 1)] + 1e-6 * spec.horizon
    layer = (begun / spec.horizon * spec.depth).astype(int)
    captions = _captions(record, at_times, phases, layer, layers, on)
    return Timeline(
        times=at_times,
        places=places,
        active=on,
        phases=tuple(phases),  # type: ignore[arg-type]
        captions=tuple(captions),
        knot_times=times,
        widths=active.sum(axis=1),
        middle=middle,
    )


def _places(times: Array, knots: Array) -> Array:
    return np.interp(times, knots, np.arange(len(knots)))


def _interval(place: float, phase: str, middle: int, last: int) -> int:
    """The stored interval in progress at a place; the end of a phase still belongs to it."""
    place += 1e-9  # a knot is a knot, whatever rounding says
    if phase == "encoder":
        return min(int(place), middle - 1)
    if phase == "bottleneck":
        return middle if middle < last else last
    return min(int(place) - 1, last - 1)


def _captions(
    record: RunRecord, times: Array, phases: list[str], layer: Array, layers: int, active: Array
) -> list[str]:
    width, decimals = active.shape[1], max(1, 2 - int(np.floor(np.log10(record.spec.horizon))))
    dropping = "bottleneck" in phases
    gone = np.flatnonzero(~active[phases.index("bottleneck")]) if dropping else np.empty(0, int)
    names = component_names(record)
    lost = join([names[i] for i in gone]) if len(gone) <= 3 else f"{len(gone)} components"
    lines = []
    for i, phase in enumerate(phases):
        where = f"projection drops {lost}" if phase == "bottleneck" else f"layer {layer[i] + 1} of {layers}"
        driven = driven_words(phase, int(active[i].sum()), width)
        lines.append(f"t = {times[i]:.{decimals}f} · {phase} · {where} · {driven}")
    return lines


def driven_words(phase: str, driven: int, width: int) -> str:
    """How many components the field drives, and what the others are; at the bottleneck how many are kept.

    Args:
        phase: encoder, bottleneck or decoder.
        driven: how many are driven, or kept.
        width: how many there are.
    """
    if phase == "bottleneck":
        return f"kept {driven} of {width}"
    others = width - driven
    return f"driven {driven} of {width}" + (f", {others} {IDLE[phase == 'decoder']}" if others else "")
