"""payload: a snapshot of the probe particles as bytes, laid out for assets/live.js.

Layout: uint32 length of a JSON header, the header padded to a multiple of 4, then the arrays it names.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.catalogue import card
from autoencode_core.errors import InputError
from autoencode_core.figures.theme import class_colours, hue_scale, subscript
from autoencode_core.spec import RunSpec

Array = NDArray[Any]

MOST_PARTICLES = 500
"""Most particles that are drawn."""
PICTURES = 20
"""How many images a mosaic shows."""
_KEPT_PLANES = 8
_planes: OrderedDict[str, tuple[Array, Array]] = OrderedDict()


class _Arrays:
    """The arrays of a payload, one behind the other, each padded to a multiple of 4."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def add(self, array: Array, kind: str = "f4") -> dict[str, Any]:
        """Append an array; returns how the header names it."""
        raw = np.ascontiguousarray(array, dtype="<f4" if kind == "f4" else "u1").tobytes()
        ref = {"at": len(self.bytes), "size": int(np.size(array)), "kind": kind}
        self.bytes += raw + bytes(-len(raw) % 4)
        return ref


def payload(snapshot: Mapping[str, Any], spec: RunSpec | None = None, *, height: int = 320) -> bytes:
    """A snapshot as bytes: input, code and output, at most three components each; images as images.

    Args:
        snapshot: inputs (n, d), targets, codes (n, k), outputs, hue (n,), labels (n,) or empty, iteration;
            if there, columns and label_names name components and classes.
        spec: the run's spec, which tells of images, column names and the task.
        height: height of the panels in pixels.
    """
    known = _card(spec)
    shots = {
        name: np.asarray(snapshot[name])[:MOST_PARTICLES]
        for name in ("inputs", "targets", "codes", "outputs")
    }
    image = known.image if known else None
    columns = tuple(snapshot.get("columns") or (known.columns if known else ()))
    iteration = int(snapshot["iteration"])
    arrays = _Arrays()
    panels = _panels(arrays, shots, columns, image, spec.task if spec else "reconstruct")
    labels = np.asarray(snapshot.get("labels", ()))[:MOST_PARTICLES]
    hue = np.asarray(snapshot.get("hue", ()), dtype=float)[:MOST_PARTICLES]
    names = _class_names(labels, snapshot.get("label_names") or ())
    header = {
        "panels": panels,
        "iteration": iteration,
        "caption": f"iteration {iteration:,}",
        "alt": _alt(panels, iteration, len(shots["inputs"])),
        "height": height,
        "names": names,
        "colour": "colour: place along the data" if hue.size else "",
        "labels": arrays.add(labels, "u1") if labels.size else None,
        "hue": arrays.add(np.nan_to_num(hue)) if hue.size else None,
        "marks": {"light": class_colours(len(names), False), "dark": class_colours(len(names), True)},
        "scale": {"light": _scale(False), "dark": _scale(True)},
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + bytes(arrays.bytes)


def _panels(
    arrays: _Arrays, shots: Mapping[str, Array], columns: Sequence[str], image: Any, task: str
) -> list[dict[str, Any]]:
    inputs, targets, codes, outputs = (shots[name] for name in ("inputs", "targets", "codes", "outputs"))
    width = inputs.shape[1]
    spread = _picture if image else _space
    panels = [spread(arrays, "input x", inputs, inputs, columns, image), _code(arrays, "code z", codes)]
    if outputs.shape[1] != width:  # classify: the outputs are the codes, which belong near their label
        return [*panels, {**_code(arrays, "label position y", targets), "moves": False}]
    title = "output x(T)" if task == "transport" else "reconstruction x̂"
    last = spread(arrays, title, outputs, inputs, columns, image)
    if not image:
        last |= {"moves": True, "ghost": arrays.add(_flat(targets, inputs, columns)[0])}
    return [*panels, last]


def _space(
    arrays: _Arrays, title: str, points: Array, inputs: Array, columns: Sequence[str], image: Any
) -> dict[str, Any]:
    """A panel of the data space."""
    flat, axes = _flat(points, inputs, columns)
    note = "" if inputs.shape[1] <= 3 else f"2 principal components of {inputs.shape[1]}"
    return {
        "title": title,
        "note": note,
        "kind": "points",
        "group": "space",
        "dims": flat.shape[1],
        "axes": axes,
        "moves": False,
        "ghost": None,
        "array": arrays.add(flat),
    }


def _flat(points: Array, inputs: Array, columns: Sequence[str]) -> tuple[Array, list[str]]:
    """At most three components as they are; of more the first two principal components of the inputs."""
    width = inputs.shape[1]
    if width <= 3:
        return points, [str(c)[:24] for c in columns] or [f"x{subscript(j + 1)}" for j in range(width)]
    center, axes = _plane(inputs)
    return (points - center) @ axes, ["principal component 1", "principal component 2"]


def _plane(inputs: Array) -> tuple[Array, Array]:
    """Mean (d,) and first two principal axes (d, 2); remembered, because a run's inputs never change."""
    key = hashlib.blake2b(np.ascontiguousarray(inputs).tobytes(), digest_size=16).hexdigest()
    plane = _planes.get(key)
    if plane is None:
        center = inputs.mean(axis=0)
        axes = np.linalg.svd(inputs - center, full_matrices=False)[2][:2]
        plane = _planes[key] = center, np.pad(axes, ((0, 2 - len(axes)), (0, 0))).T
        while len(_planes) > _KEPT_PLANES:
            _planes.popitem(last=False)
    return plane


def _code(arrays: _Arrays, title: str, codes: Array) -> dict[str, Any]:
    """A panel of the code: up to three components as they are, of more the first two."""
    width = codes.shape[1]
    shown = width if width <= 3 else 2
    letter = title[-1]
    return {
        "title": title,
        "note": "" if width <= 3 else f"first 2 of {width} components",
        "kind": "points",
        "group": "code",
        "dims": shown,
        "axes": [f"{letter}{subscript(j + 1)}" for j in range(shown)],
        "moves": True,
        "ghost": None,
        "array": arrays.add(codes[:, :shown]),
    }


def _picture(
    arrays: _Arrays, title: str, points: Array, inputs: Array, columns: Sequence[str], image: tuple[int, int]
) -> dict[str, Any]:
    """A panel of images: grey values 0 to 1 as bytes."""
    chosen = np.linspace(0, len(points) - 1, min(PICTURES, len(points))).astype(int)
    grey = np.nan_to_num(np.clip(points[chosen], 0, 1)) * 255
    return {
        "title": title,
        "note": f"{len(chosen)} of {len(points)}",
        "kind": "images",
        "group": "space",
        "dims": 1,
        "axes": [],
        "image": list(image),
        "array": arrays.add(np.rint(grey), "u1"),
        "ghost": None,
    }


def _class_names(labels: Array, names: Sequence[str]) -> list[str]:
    count = int(labels.max()) + 1 if labels.size else 0
    return [str(names[c])[:24] if c < len(names) else str(c) for c in range(count)]


def _scale(dark: bool) -> list[str]:
    return [colour for _, colour in hue_scale(dark)]


def _card(spec: RunSpec | None) -> Any:
    try:
        return card(spec.dataset) if spec else None
    except InputError:
        return None  # the run's own file is gone; its particles are not


def _alt(panels: Sequence[Mapping[str, Any]], iteration: int, particles: int) -> str:
    shown = {"images": "as images", "points": "in {}-D"}
    parts = (f"{p['title']} {shown[p['kind']].format(p['dims'])}" for p in panels)
    return f"{particles} particles at iteration {iteration}: {', '.join(parts)}."
