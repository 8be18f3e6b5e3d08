"""What scenes of the latent space share: the panes of codes and of data, and both in a sequence."""

from collections.abc import Sequence
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
)
from autoencode_core.figures.run.codes import label_positions
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
from autoencode_core.figures.scenes.plane import CodePlane, plain_plane
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

MOST_COLUMNS = 12
"""Most input components that are offered for colour."""


def sequence(
    record: RunRecord,
    identity: str,
    axes: int,
    moving: Sequence[tuple[Array, Array]],
    steps: tuple[str, Array],
    **settings: Any,
) -> Part:
    """Codes and outputs of the probe, step by step.

    Args:
        record: the run.
        identity: its id.
        axes: number of axes for codes of more than three numbers; those of the run itself.
        moving: codes (n, k) and outputs (n, d) at each step.
        steps: what is counted, and its values.
        settings: entries of the scene's header.
    """
    plane, (name, values) = plain_plane(codes(record), axes), steps
    panes = [codes_pane(record, plane, np.stack([plane.project(z) for z, _ in moving]))]
    if record.spec.task != "classify":
        shown = data_view(record)
        panes.append(data_pane(record, np.stack([shown.project(made) for _, made in moving])))
    timeline = {"kind": "sequence", "name": name, "values": values.tolist(), "log": False}
    return latent_scene(record, identity, panes, timeline=timeline, **settings)


def latent_scene(record: RunRecord, identity: str, panes: list[Part], **settings: Any) -> Part:
    """Panes of the probe's particles as a scene.

    Args:
        record: the run.
        identity: its id.
        panes: the panes.
        settings: entries of the scene's header.
    """
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


def codes_pane(record: RunRecord, plane: CodePlane, moving: Array | None = None) -> Part:
    """The pane of the codes.

    Args:
        record: the run.
        plane: how codes are drawn.
        moving: their places (F, n, c), by default where they stand.
    """
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


def data_pane(record: RunRecord, positions: Array | None = None, extra: Sequence[Array] = ()) -> Part:
    """The pane of the data: what the codes decode to.

    Args:
        record: the run.
        positions: places (F, n, c) on the axes of the data, by default where the run's own codes end.
        extra: further places (m, c) that are drawn there.
    """
    shown = data_view(record)
    made = shown.project(outputs(record))[None] if positions is None else positions
    wanted = shown.project(record.probe["targets"])
    pane = cloud(
        "data",
        "Reconstructions x̂",
        made,
        shown.names,
        shown.unit,
        axes=axis_titles(shown),
        ranges=limits(np.concatenate([made.reshape(-1, shown.count), wanted]), wanted),
        extra=[wanted, *extra],
        note=axes_note(shown),
    )
    pane["ghost"] = {"positions": within(pane, wanted)}
    word = "input" if record.spec.task == "reconstruct" else "target"
    pane["layers"] = [layer("ghost", True, f"ghost of the {word}"), layer("residuals", False)]
    return pane


def line(name: str, role: str, places: Array) -> Part:
    """A line through places (m, c) of a pane.

    Args:
        name: of its layer.
        role: in the theme.
        places: within the pane.
    """
    return {"name": name, "role": role, "positions": places, "counts": [len(places)], "width": 2.0}
