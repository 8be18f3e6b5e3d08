"""Trajectories without a run as a scene: on the components that vary most."""

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.scenes.parts import Part, cloud, colourings, knots, layer, scene
from autoencode_core.figures.theme import join, subscript
from autoencode_core.figures.timeline import IDLE, NOT_DRIVEN

Array = NDArray[np.floating]
Flags = NDArray[np.bool_]

MOST_PARTICLES = 1000
"""Particles that are drawn, evenly chosen."""


def bare_flow_scene(
    times: Array, states: Array, active: Flags, dropped: Array, middle: int, layers: int
) -> Part:
    """The flow of particles over t, on at most three components.

    Args:
        times: (S,).
        states: (S, N, d), at T/2 after the projection.
        active: (S, d), what is driven from each time on.
        dropped: (N, d), the state at T/2 before it.
        middle: place of T/2 among the times.
        layers: number of layers of the whole flow.
    """
    last, d = len(times) - 1, states.shape[2]
    some = np.linspace(0, states.shape[1] - 1, min(MOST_PARTICLES, states.shape[1])).astype(int)
    spread = np.nan_to_num(np.asarray(states, float)).var(axis=1).sum(axis=0)
    shown = np.sort(np.argsort(-spread, kind="stable")[:3])
    driven = np.concatenate([active[:middle], active[middle:][:1], active[middle:-1]])
    gone, names = np.flatnonzero(~active[middle]), [f"u{subscript(i + 1)}" for i in range(d)]
    lost = join([names[i] for i in gone]) if len(gone) <= 3 else f"{len(gone)} components"
    hollow = ~driven[:, shown].all(axis=1)
    pane = cloud(
        "particles",
        "Particles x(t)",
        knots(states[:, some][..., shown], dropped[some][:, shown], middle),
        [names[i] for i in shown],
        note="flow coordinates" + (f" · hollow: {NOT_DRIVEN}" if hollow.any() else ""),
        hollow=hollow.astype(int).tolist(),
        unrolled=True,
    )
    pane["layers"] = [layer("particles", True), layer("tails", True)]
    end = float(times[-1])
    timeline = {
        "kind": "flow",
        "encoder": middle,
        "decoder": last - middle,
        "times": np.concatenate([times[: middle + 1], times[middle:]]).tolist(),
        "layers": layers // 2,
        "horizon": end if last > middle else 2 * end,
        "drops": bool(len(gone)),
        "widths": active[:last].sum(axis=1).tolist(),
        "width": d,
        "names": names,
        "drop_words": f"projection drops {lost}",
        "idle": IDLE,
    }
    first = np.nan_to_num(np.asarray(states[0][some][:, shown[0]], float))
    hue = (first - first.min()) / (np.ptp(first) or 1.0)
    return scene(
        "flow",
        [pane],
        n=len(some),
        timeline=timeline,
        colours=colourings(hue, np.empty(0, int), (), np.empty(0), hue_name=f"{names[shown[0]]} at t = 0"),
        alt=f"Animation: {len(some)} particles flow in {d} components.",
        save=["png"],
        height=420,
    )
