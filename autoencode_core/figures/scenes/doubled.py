"""The doubled state (x, s) as a scene: state, shadow variables, and what the flow reads of the two."""

import html
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import class_names, component_names, finite, limits, middle_index, view
from autoencode_core.figures.mean_field.doubled import jump
from autoencode_core.figures.numbers import power
from autoencode_core.figures.scenes.parts import (
    Part,
    cloud,
    colourings,
    flow_timeline,
    knots,
    layer,
    of_run,
    scene,
)
from autoencode_core.figures.theme import join
from autoencode_core.questions.mean_field import Doubled
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Array = NDArray[Any]

_AXES = 2
_TAILS = 600


def doubled_scene(record: RunRecord, answer: Doubled, identity: str, **settings: Any) -> Part:
    """State x, shadow variables s, and what the flow reads, on the same axes and one clock.

    Args:
        record: the run, with a decoder.
        answer: of DOUBLED.
        identity: what is shown; another one forgets camera and time.
        settings: entries of the scene's header.
    """
    half = middle_index(answer["times"], record.spec.horizon)
    chosen = drawn_components(answer)
    names = tuple(component_names(record)[i] for i in chosen)
    states, shadows = (finite(half)[:, :, chosen] for half in (answer["states"], answer["shadows"]))
    active, read = answer["active"][:, chosen], answer["read"][:, chosen]
    gone = ~np.isin(chosen, answer["kept"])
    given = states.copy()
    given[half:, :, gone] = shadows[half:, :, gone]
    panes = [
        ("State x", "read: all, from T/2 the code", _still(states, half), active & ~read),
        (
            "Shadow variables s",
            "read from T/2" if read.any() else "they stay at 0",
            _still(shadows, half),
            read,
        ),
        ("What the flow reads", "x, from T/2 x and s", knots(given, states[half], half), active),
    ]
    drawn = np.concatenate([places for _, _, places, _ in panes])
    ranges = limits(drawn, states[:1])
    return scene(
        identity,
        [_pane(record, one, half, names, ranges) for one in panes],
        **{
            "alt": f"The doubled state of {states.shape[1]} particles: x, s, and what is read of them.",
            "timeline": {
                **flow_timeline(record),
                "drop_words": read_words(record, answer),
                "idle": ["frozen", "at rest"],
            },
            "n": states.shape[1],
            "colours": colourings(
                answer["hue"],
                answer["labels"],
                class_names(record),
                np.empty(0),
                hue_name=record.spec.reading.coloured,
            ),
            "height": 360,
            **of_run(record),
            **settings,
        },
    )


def drawn_components(answer: Doubled) -> Array:
    """Which two components are drawn: that of the code that varies most, and that whose shadow does.

    Args:
        answer: of DOUBLED.
    """
    width, kept = answer["states"].shape[2], answer["kept"]
    if width <= _AXES:
        return np.arange(width)
    forgotten = np.setdiff1d(np.arange(width), kept)
    moving = _most(answer["shadows"], forgotten)[: _AXES - 1]
    return np.sort(np.concatenate([_most(answer["states"], kept)[: _AXES - len(moving)], moving]))


def _most(states: Array, components: Array) -> Array:
    """Components, that with the largest spread at T first."""
    spread = np.nan_to_num(finite(states[-1])[:, components].std(axis=0))
    return np.asarray(components[np.argsort(-spread, kind="stable")])


def read_words(record: RunRecord, answer: Doubled) -> str:
    """Which components the decoder reads from the shadow.

    Args:
        record: the run.
        answer: of DOUBLED.
    """
    forgotten = np.flatnonzero(answer["read"].any(axis=0))
    names = [html.unescape(component_names(record)[i]) for i in forgotten]
    lost = join(names) if len(names) <= 3 else f"{len(names)} components"
    return f"{lost} now read from s" if names else "nothing is read from s"


def doubled_words(record: RunRecord, answer: Doubled) -> list[str]:
    """What the comparison of both forms says, in sentences.

    Args:
        record: the run.
        answer: of DOUBLED.
    """
    step = record.spec.horizon / record.spec.depth
    apart, moved = answer["apart"], answer["speed"] * step
    size = float(np.abs(finite(answer["outputs"])).max())
    same = apart <= 1e-5 * max(1.0, size)
    said = [
        "Both forms end in the same place: the outputs "
        + (f"differ by {power(apart)} at most, which is rounding." if apart else "are identical.")
        if same
        else f"The outputs of the two forms differ by {measured(apart)}, which is more than rounding."
    ]
    if jump(answer) <= 0:
        return [*said, "Nothing is forgotten here, so there is no jump to remove."]
    said.append(
        f"The projection moves a particle by up to {measured(jump(answer))} at once, at T/2. The doubled "
        "state has "
        f"no such jump: it moves by at most {measured(moved)} in a layer of length {measured(step)}, and "
        "by half of that "
        "in half the time."
    )
    return said


def _still(states: Array, half: int) -> Array:
    """Frames of what has no jump at T/2: that moment twice."""
    return knots(states, states[half], half)


def _pane(
    record: RunRecord,
    what: tuple[str, str, Array, Array],
    half: int,
    names: tuple[str, ...],
    ranges: Array,
) -> Part:
    """A pane; its marks are hollow while the flow reads no drawn component of it."""
    title, note, places, read = what
    # Rows of `read` are knots; frames have T/2 twice, and between two of them the first one counts.
    rows = np.concatenate([read[:half], read[half : half + 1], read[half:-1]])
    shown = view(record, _AXES)
    pane = cloud(
        title,
        title,
        places,
        names,
        shown.unit,
        ranges=ranges,
        group="doubled",
        hollow=(~rows.any(axis=1)).astype(int).tolist(),
        note=note,
        unrolled=True,
    )
    pane["layers"] = [layer("particles", True), layer("tails", places.shape[1] <= _TAILS)]
    return pane
