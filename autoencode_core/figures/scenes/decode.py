"""What codes stand for, as a scene: codes on one side, on the other the data that they decode to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.alt import alt_text
from autoencode_core.figures.arrays import data_view, finite, to_data
from autoencode_core.figures.run.images import image_shape, image_span, is_image_run
from autoencode_core.figures.scenes.code import codes_pane, data_pane, latent_scene, line
from autoencode_core.figures.scenes.parts import Part, layer, within
from autoencode_core.figures.scenes.pictures import grey
from autoencode_core.figures.scenes.plane import CodePlane
from autoencode_core.questions.latent import Decode, DecodedGrid
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Array = NDArray[Any]


@dataclass(frozen=True)
class Decoded:
    """What one code stands for, from an answer of DECODE.

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


def decoded(record: RunRecord, z: Array, answer: Decode) -> Decoded:
    """The first code z of an answer."""
    return Decoded(
        z,
        to_data(record, answer["states"][:, 0]),
        answer["outputs"][0],
        int(answer["nearest"][0]),
        answer["nearest_data"][0],
        float(answer["data_distance"][0]),
    )


def decode_scene(
    record: RunRecord,
    identity: str,
    plane: CodePlane,
    found: Decoded | None = None,
    grid: DecodedGrid | None = None,
    **settings: Any,
) -> Part:
    """Codes on the left, on the right the data that they stand for.

    Args:
        record: the run.
        identity: its id.
        plane: how codes are drawn.
        found: what the chosen code decodes to.
        grid: of decoded codes.
        settings: entries of the scene's header.
    """
    left = codes_pane(record, plane)
    _mark_code(left, plane, found)
    panes = [left]
    if record.spec.task != "classify":
        panes.append(_data(record, found, grid))
        if found is not None and is_image_run(record):
            panes.append(decoded_images(record, np.stack([found.output, found.neighbour])[None]))
    return latent_scene(record, identity, panes, alt=_alt(record, found), **settings)


def _alt(record: RunRecord, found: Decoded | None) -> str:
    """The codes, and of the chosen one where it is and how far from those of the data."""
    said = alt_text(record, "code")
    if found is None:
        return said
    numbers = ", ".join(measured(value) for value in found.z[:3]) + ", …" * (len(found.z) > 3)
    far = (
        f", {measured(found.distance)} from the particle with the nearest code" if found.nearest >= 0 else ""
    )
    return f"{said} Beside them is what the code ({numbers}) stands for{far} (in flow coordinates)."


def _mark_code(pane: Part, plane: CodePlane, found: Decoded | None) -> None:
    """Puts the chosen code into the pane of the codes."""
    if found is None:
        return
    place = plane.project(found.z[None])
    if np.isfinite(place).all():
        mark = {"name": "chosen", "role": "now", "positions": within(pane, place), "words": ["z"]}
        pane["points"] = [*pane["points"], mark]
        pane["layers"] = [*pane["layers"], layer("chosen", True, "chosen code", "The code that is decoded.")]


def _data(record: RunRecord, found: Decoded | None, grid: DecodedGrid | None) -> Part:
    """The pane of the data, and on top of it what is asked for."""
    shown = data_view(record)
    ways = [] if found is None else [shown.project(found.path)]
    pane = data_pane(record, extra=ways)
    if grid is not None:
        _add_grid(pane, shown.project(finite(grid["outputs"])))
    if found is not None:
        _add_decoded(pane, ways[0], shown.project(np.stack([found.output, found.neighbour])))
    return pane


def _add_grid(pane: Part, points: Array) -> None:
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
    pane["lines"].append(line("path", "now", within(pane, way)))
    what = "From the code through the decoder."
    pane["layers"].append(layer("path", True, "decoder trajectory", what))
    for name, role, place, mark, word, about in (
        ("decoded", "now", ends[:1], "x̂", "decoded", "What the chosen code decodes to."),
        ("nearest", "target", ends[1:], "nearest", "nearest datum", "The particle whose code is nearest."),
    ):
        pane["points"].append({"name": name, "role": role, "positions": within(pane, place), "words": [mark]})
        pane["layers"].append(layer(name, True, word, about))


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
