"""A run that trains, as a scene: input, code and output of the probe at one iteration, standing still."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.coordinates import SCALING, deviation
from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import limits, principal_axes
from autoencode_core.figures.run.images import image_span
from autoencode_core.figures.scenes.parts import Part, cloud, colourings, layer, scene, within
from autoencode_core.figures.theme import subscript
from autoencode_core.spec import RunSpec

Array = NDArray[Any]

MOST_PARTICLES = 500
"""Most particles that are drawn."""
PICTURES = 20
"""How many images a mosaic shows."""
_KEPT_PLANES = 8
_planes: OrderedDict[str, tuple[Array, Array]] = OrderedDict()


def live_scene(identity: str, snapshot: Mapping[str, Any], spec: RunSpec | None = None) -> Part:
    """A snapshot of the probe batch: input, code and output, at most three components each; images as images.

    Args:
        identity: the same for all snapshots of one run.
        snapshot: inputs (n, d), targets, codes (n, k), outputs, hue (n,), labels (n,) or empty, iteration;
            if there, columns and label_names name components and classes.
        spec: the run's spec, which tells of images, column names and the task.
    """
    shots = {
        name: np.asarray(snapshot[name])[:MOST_PARTICLES]
        for name in ("inputs", "targets", "codes", "outputs")
    }
    scaled = _scaling(shots["inputs"], spec)
    shots |= {name: scaled(shots[name]) for name in ("inputs", "targets", "outputs")}
    columns, image = _data_space(snapshot, spec)
    iteration = int(snapshot["iteration"])
    task = spec.task if spec else "reconstruct"
    panes = _panes(shots, columns, image, task)
    return scene(
        identity,
        panes,
        alt=_alt(panes, iteration, len(shots["inputs"])),
        caption=f"iteration {iteration:,}",
        height=320,
        controls=False,
        n=len(shots["inputs"]),
        colours=live_colours(snapshot, spec),
    )


def live_colours(snapshot: Mapping[str, Any], spec: RunSpec | None = None) -> list[Part]:
    """The colourings of a snapshot's particles: hue (n,) and labels (n,), or empty.

    Classes have the snapshot's label_names, else the names of the data set.
    """
    labels = np.asarray(snapshot.get("labels", ()), int)[:MOST_PARTICLES]
    hue = np.asarray(snapshot.get("hue", ()), float)[:MOST_PARTICLES]
    known = _card(spec)
    names = _class_names(labels, snapshot.get("label_names") or (known.labels if known else ()))
    return colourings(hue, labels, names, np.empty(0), hue_name=spec.reading.coloured if spec else "")


def output_pane(snapshot: Mapping[str, Any], outputs: Array, spec: RunSpec | None = None) -> Part:
    """What a network makes of a snapshot's particles, standing still, with the targets as ghosts.

    Args:
        snapshot: inputs (n, d) and targets (n, ·), as in live_scene.
        outputs: (n, d) in data units, or (n, k) codes that belong near their label.
        spec: the run's spec, as in live_scene.
    """
    inputs, targets, shown = (
        np.asarray(points)[:MOST_PARTICLES] for points in (snapshot["inputs"], snapshot["targets"], outputs)
    )
    scaled = _scaling(inputs, spec)
    inputs, targets, shown = scaled(inputs), scaled(targets), scaled(shown)
    columns, image = _data_space(snapshot, spec)
    if shown.shape[1] != inputs.shape[1]:
        return _code("output", "code z", shown, shown)
    if image:
        return _mosaic("output", "reconstruction x̂", shown, inputs, image)
    return _space(inputs, columns, "reconstruction x̂", shown, targets)


def _data_space(
    snapshot: Mapping[str, Any], spec: RunSpec | None
) -> tuple[tuple[str, ...], tuple[int, int] | None]:
    """Names of the columns as far as they are known, and rows and columns of an image."""
    known = _card(spec)
    columns = tuple(snapshot.get("columns") or (known.columns if known else ()))
    return columns, known.image if known else None


def _scaling(inputs: Array, spec: RunSpec | None) -> Callable[[Array], Array]:
    """Points (n, d) as they are drawn: in standard deviations where coordinates scale, codes as they are."""
    if spec is None or spec.task == "classify" or spec.coordinates not in SCALING:
        return lambda points: points
    center, scale = inputs.mean(axis=0), deviation(inputs.astype(float))
    return lambda points: (points - center) / scale


def _panes(shots: Mapping[str, Array], columns: Sequence[str], image: Any, task: str) -> list[Part]:
    inputs, targets, codes, outputs = (shots[name] for name in ("inputs", "targets", "codes", "outputs"))
    code = _code("code", "code z", codes, codes)
    if outputs.shape[1] != inputs.shape[1]:  # classify: the codes belong near their label
        before = _mosaic("input", "input x", inputs, inputs, image) if image else _space(inputs, columns)
        return [before, code, _code("labels", "label position y", targets, codes)]
    title = "output x(T)" if task == "transport" else "reconstruction x̂"
    if image:
        first = _mosaic("input", "input x", inputs, inputs, image)
        return [first, code, _mosaic("output", title, outputs, inputs, image)]
    return [_space(inputs, columns), code, _space(inputs, columns, title, outputs, targets)]


def _space(
    inputs: Array,
    columns: Sequence[str],
    title: str = "input x",
    points: Array | None = None,
    targets: Array | None = None,
) -> Part:
    """A pane of the data space; with points and targets that of the output."""
    shown, names = _flat(inputs if points is None else points, inputs, columns)
    goal = shown[:0] if targets is None else _flat(targets, inputs, columns)[0]
    note = "" if inputs.shape[1] <= 3 else f"2 principal components of {inputs.shape[1]}"
    pane = cloud(
        "input" if points is None else "output",
        title,
        shown[None],
        names,
        extra=[goal],
        note=note,
        group="space",
        fixed=points is None,
    )
    if len(goal):
        pane["ghost"] = {"positions": within(pane, goal)}
        pane["layers"] = [layer("ghost", True, "target"), layer("residuals", False)]
    return pane


def _code(key: str, title: str, points: Array, codes: Array) -> Part:
    """A pane of the latent space; of many numbers the first two: principal axes would turn as it learns."""
    width = points.shape[1]
    shown = points if width <= 3 else points[:, :2]
    moves = points is codes
    return cloud(
        key,
        title,
        shown[None],
        [f"z{subscript(j + 1)}" for j in range(shown.shape[1])],
        ranges=limits(shown),
        note="" if width <= 3 else f"first 2 of {width} components",
        group="code",
        fixed=not moves,
    )


def _mosaic(key: str, title: str, points: Array, inputs: Array, image: tuple[int, int]) -> Part:
    """A pane of images."""
    chosen = np.linspace(0, len(points) - 1, min(PICTURES, len(points))).astype(int)
    low, high = image_span(inputs)
    grey = np.nan_to_num(np.clip((points[chosen] - low) / (high - low), 0, 1)) * 255
    return {
        "kind": "images",
        "key": key,
        "title": title,
        "note": f"{len(chosen)} of {len(points)}",
        "image": list(image),
        "frames": np.rint(grey).astype(np.uint8)[None],
        "still": None,
        "particles": chosen.tolist(),
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
    if key not in _planes:
        _planes[key] = principal_axes(inputs, 2)
        while len(_planes) > _KEPT_PLANES:
            _planes.popitem(last=False)
    return _planes[key]


def _class_names(labels: Array, names: Sequence[str]) -> list[str]:
    count = int(labels.max()) + 1 if labels.size else 0
    return [str(names[c])[:24] if c < len(names) else str(c) for c in range(count)]


def _card(spec: RunSpec | None) -> Any:
    try:
        return spec.card() if spec else None
    except InputError:
        return None  # the run's own file is gone; its particles are not


def _alt(panes: Sequence[Mapping[str, Any]], iteration: int, particles: int) -> str:
    shown = {"images": "as images", "cloud": "in {}-D"}
    parts = (f"{p['title']} {shown[p['kind']].format(p.get('dims'))}" for p in panes)
    return f"{particles} particles at iteration {iteration}: {', '.join(parts)}."
