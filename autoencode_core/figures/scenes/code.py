"""The latent space as scenes: codes and what they stand for, a walk between two, codes while training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import (
    codes,
    data_names,
    data_view,
    finite,
    limits,
    outputs,
    to_data,
)
from autoencode_core.figures.run.codes import label_positions
from autoencode_core.figures.run.images import image_shape, image_span, is_image_run
from autoencode_core.figures.scenes.flow import colours_of
from autoencode_core.figures.scenes.parts import (
    Part,
    axes_note,
    axis_titles,
    cloud,
    layer,
    of_run,
    scene,
    within,
)
from autoencode_core.figures.scenes.pictures import grey
from autoencode_core.figures.scenes.plane import CodePlane, plain_plane
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

MOST_COLUMNS = 12
"""Most input components that are offered for colour."""


@dataclass(frozen=True)
class Decoded:
    """What one code stands for, from the analysis `decode_path`.

    Attributes:
        z: (k,) the code.
        path: (D + 1, d) its way through the decoder, in data units.
        output: (d,) where it ends, data units.
        nearest: number of the training particle whose code is nearest, -1 when there is none.
        neighbour: (d,) that particle, data units.
        distance: between the two, in flow coordinates.
    """

    z: Array
    path: Array
    output: Array
    nearest: int
    neighbour: Array
    distance: float


def decoded(record: RunRecord, z: Array, answer: Mapping[str, Any]) -> Decoded:
    """The first code of an answer of `decode_path`."""
    states = np.asarray(answer["states"])[:, 0]
    return Decoded(
        z,
        to_data(record, states),
        np.asarray(answer["outputs"])[0],
        int(np.asarray(answer["nearest"])[0]),
        np.asarray(answer["nearest_data"])[0],
        float(np.asarray(answer["data_distance"])[0]),
    )


def code_scene(
    record: RunRecord,
    identity: str,
    plane: CodePlane,
    found: Decoded | None = None,
    sheet: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Part:
    """Codes on the left, on the right the data that they stand for.

    Args:
        record: the run.
        identity: its id.
        plane: how codes are drawn.
        found: what the chosen code decodes to.
        sheet: the analysis `sheet`, a grid of decoded codes.
        settings: entries of the scene's header.
    """
    left = _codes(record, plane)
    _mark_code(left, plane, found)
    panes = [left]
    if record.spec.task != "classify":
        panes.append(_data(record, found, sheet))
        if found is not None and is_image_run(record):
            panes.append(decoded_images(record, np.stack([found.output, found.neighbour])[None]))
    return _scene(record, identity, panes, alt="Latent codes, and the data that they stand for.", **settings)


def walk_scene(
    record: RunRecord, identity: str, plane: CodePlane, answer: Mapping[str, Any], **settings: Any
) -> Part:
    """A straight walk between two codes: where it is in the latent space, and what it decodes to.

    Args:
        record: the run.
        identity: its id.
        plane: how codes are drawn.
        answer: of the analysis `walk`: codes (s, k), outputs (s, d) in data units.
        settings: entries of the scene's header.
    """
    z, made = np.asarray(answer["codes"], float), finite(answer["outputs"])
    left, right = _codes(record, plane), _data(record)
    right["title"], right["note"] = "Decoded on the way", right["note"]
    for pane, places in ((left, plane.project(z)), (right, data_view(record).project(made))):
        pane["track"] = {"role": "now", "positions": within(pane, places)[:, None]}
        pane["lines"] = [_line("walk", "now", within(pane, places))]
        pane["layers"] = [layer("walk", True, "walk", "From the first code straight to the second.")]
        pane["places"] = False
    panes = [left, right]
    if is_image_run(record):
        panes.append(decoded_images(record, made[:, None]))
    line = {
        "kind": "sequence",
        "name": "share of the way",
        "values": np.round(np.linspace(0, 1, len(z)), 4).tolist(),
        "log": False,
    }
    words = "A walk between two codes, and what it decodes to."
    return _scene(record, identity, panes, alt=words, timeline=line, **settings)


def training_scene(record: RunRecord, identity: str, axes: int = 2, **settings: Any) -> Part:
    """Codes and outputs of the probe over the iterations of the training.

    Args:
        record: the run; it needs at least two snapshots.
        identity: its id.
        axes: number of axes for codes of more than three numbers; those of the last snapshot.
        settings: entries of the scene's header.
    """
    iterations = np.asarray(record.probe["snapshot_iterations"])
    moving = [(codes(record, s), outputs(record, s)) for s in range(len(iterations))]
    words = f"Codes and outputs at {len(iterations)} iterations of the training."
    return _sequence(record, identity, axes, moving, ("iteration", iterations), alt=words, **settings)


def direction_scene(
    record: RunRecord, identity: str, moved: Mapping[str, Any], axes: int = 2, **settings: Any
) -> Part:
    """Codes and outputs of the probe as the control moves along a direction.

    Args:
        record: the run.
        identity: its id and that of the direction.
        moved: what analysis.flat_direction says: amounts (m,), codes (m, n, k), outputs (m, n, d).
        axes: number of axes for codes of more than three numbers; those of the run itself.
        settings: entries of the scene's header.
    """
    amounts = _rounded(np.asarray(moved["amounts"], float))
    moving = list(zip(np.asarray(moved["codes"]), np.asarray(moved["outputs"]), strict=True))
    words = f"Codes and outputs at {len(amounts)} controls along a direction through the trained one."
    middle = len(amounts) // 2
    return _sequence(
        record,
        identity,
        axes,
        moving,
        ("s =", amounts),
        alt=words,
        **{"autoplay": True, "start": float(middle), **settings},
    )


def _rounded(amounts: Array) -> Array:
    """Evenly spaced numbers (m,) with the digits that tell them apart; 0 has no sign."""
    step = float(np.abs(np.diff(amounts)).max(initial=0.0))
    digits = -int(np.floor(np.log10(step))) if step else 6
    return np.asarray(np.round(amounts, digits) + 0.0)


def _sequence(
    record: RunRecord,
    identity: str,
    axes: int,
    moving: Sequence[tuple[Array, Array]],
    steps: tuple[str, Array],
    **settings: Any,
) -> Part:
    """Codes (n, k) and outputs (n, d) of the probe, step by step; steps: what is counted, and its values."""
    plane, (name, values) = plain_plane(codes(record), axes), steps
    panes = [_codes(record, plane, np.stack([plane.project(z) for z, _ in moving]))]
    if record.spec.task != "classify":
        shown = data_view(record)
        panes.append(_data(record, positions=np.stack([shown.project(made) for _, made in moving])))
    line = {"kind": "sequence", "name": name, "values": values.tolist(), "log": False}
    return _scene(record, identity, panes, timeline=line, **settings)


def _scene(record: RunRecord, identity: str, panes: list[Part], **settings: Any) -> Part:
    inputs = finite(record.probe["inputs"])
    columns = list(zip(data_names(record), inputs.T, strict=True))[:MOST_COLUMNS]
    controls = bool(settings.get("timeline"))
    whole: Part = {"height": 430, "controls": controls, **of_run(record), **settings}
    return scene(
        identity,
        panes,
        n=len(inputs),
        colours=colours_of(record, columns=columns),
        **whole,
    )


def _codes(record: RunRecord, plane: CodePlane, moving: Array | None = None) -> Part:
    """The pane of the codes."""
    places = plane.points[None] if moving is None else moving
    spots, words = label_positions(record)
    drawn = plane.project(spots)
    everything = np.concatenate([places.reshape(-1, places.shape[-1]), drawn])
    pane = cloud(
        "code",
        "Latent code z",
        places,
        plane.names,
        ranges=limits(everything, pad=0.12),
        note=plane.note,
        places=True,
    )
    if len(spots) and np.isfinite(drawn).all():
        pane["points"] = [
            {"name": "labels", "role": "target", "positions": within(pane, drawn), "words": list(words)}
        ]
        pane["layers"] = [layer("labels", True, "★ where labels belong", "The place of each class's codes.")]
    return pane


def _mark_code(pane: Part, plane: CodePlane, found: Decoded | None) -> None:
    """Puts the chosen code into the pane of the codes."""
    if found is None:
        return
    place = plane.project(found.z[None])
    if np.isfinite(place).all():
        mark = {"name": "chosen", "role": "now", "positions": within(pane, place), "words": ["z"]}
        pane["points"] = [*pane["points"], mark]
        pane["layers"] = [*pane["layers"], layer("chosen", True, "chosen code", "The code that is decoded.")]


def _data(
    record: RunRecord,
    found: Decoded | None = None,
    sheet: Mapping[str, Any] | None = None,
    positions: Array | None = None,
) -> Part:
    """The pane of the data: what the codes decode to, and on top of it what is asked for."""
    shown = data_view(record)
    made = shown.project(outputs(record))[None] if positions is None else positions
    wanted = shown.project(record.probe["targets"])
    ways = [] if found is None else [shown.project(found.path)]
    pane = cloud(
        "data",
        "Reconstructions x̂",
        made,
        shown.names,
        shown.unit,
        axes=axis_titles(shown),
        ranges=limits(np.concatenate([made.reshape(-1, shown.count), wanted]), wanted),
        extra=[wanted, *ways],
        note=axes_note(shown),
    )
    pane["ghost"] = {"positions": within(pane, wanted)}
    word = "input" if record.spec.task == "reconstruct" else "target"
    pane["layers"] = [layer("ghost", True, f"ghost of the {word}"), layer("residuals", False)]
    if sheet is not None:
        _add_sheet(pane, shown.project(finite(sheet["outputs"])))
    if found is not None:
        _add_decoded(pane, ways[0], shown.project(np.stack([found.output, found.neighbour])))
    return pane


def _add_sheet(pane: Part, points: Array) -> None:
    """A grid of decoded codes as a curve (p, c) or a net (p, p, c)."""
    rows = [points] if points.ndim == 2 else [*points, *points.transpose(1, 0, 2)]
    joined = within(pane, np.concatenate(rows))
    pane["lines"].append(
        {
            "name": "sheet",
            "role": "decoder",
            "positions": joined,
            "counts": [len(row) for row in rows],
            "width": 2.2 if len(rows) == 1 else 0.8,
        }
    )
    what = "A net over the plane of codes, decoded: all that the decoder can make."
    pane["layers"].append(layer("sheet", True, "manifold sheet", what))


def _add_decoded(pane: Part, way: Array, ends: Array) -> None:
    pane["lines"].append(_line("path", "now", within(pane, way)))
    what = "From the code through the decoder."
    pane["layers"].append(layer("path", True, "decoder trajectory", what))
    for name, role, place, mark, word, about in (
        ("decoded", "now", ends[:1], "x̂", "decoded", "What the chosen code decodes to."),
        ("nearest", "target", ends[1:], "nearest", "nearest datum", "The particle whose code is nearest."),
    ):
        pane["points"].append({"name": name, "role": role, "positions": within(pane, place), "words": [mark]})
        pane["layers"].append(layer(name, True, word, about))


def _line(name: str, role: str, places: Array) -> Part:
    return {"name": name, "role": role, "positions": places, "counts": [len(places)], "width": 2.0}


def decoded_images(record: RunRecord, images: Array) -> Part:
    """Decoded images (F, m, d); of two, the second is the nearest datum.

    Args:
        record: a run on images.
        images: in data units.
    """
    words = ["decoded", "nearest datum"] if images.shape[1] == 2 else ["decoded"]
    return {
        "kind": "images",
        "key": "decoded",
        "title": " and ".join(words),
        "note": "",
        "image": list(image_shape(record)),
        "frames": grey(images, image_span(np.asarray(record.probe["targets"]))),
        "still": None,
        "particles": [],
        "span": 0.5,
    }
