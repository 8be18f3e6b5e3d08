"""How far a component can be rebuilt that starts again from 0, beside where it should end."""

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import Array, bottleneck_index, component_names, finite, flow_states
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.flow.widths import active_counts
from autoencode_core.store.record import RunRecord


def regrown(record: RunRecord) -> int:
    """The dropped component that is spread most at the beginning, by number."""
    gone = ~np.asarray(record.probe["flow_active"], bool)[bottleneck_index(record)]
    spread = np.nan_to_num(finite(flow_states(record)[0]).std(axis=0))
    return int(np.flatnonzero(gone)[spread[gone].argmax()])


def driven_time(record: RunRecord, component: int) -> float:
    """For how long the decoder drives a component, flow time."""
    spec, order = record.spec, list(np.asarray(record.weights["order"]))
    counts = active_counts(len(order), spec.bottleneck, spec.depth, spec.profile)[spec.depth // 2 :]
    return spec.horizon / spec.depth * sum(count > order.index(component) for count in counts)


def wanted_and_made(record: RunRecord) -> tuple[Array, Array]:
    """Of the regrown component: where each particle of the probe begins, which is its goal, and ends (n,)."""
    states, component = finite(flow_states(record)), regrown(record)
    return states[0][:, component], states[-1][:, component]


def reach_figure(record: RunRecord, *, dark: bool = False) -> go.Figure:
    """Where the regrown component ends against where it should end, with the reach of a speed of at most 1.

    Args:
        record: a reconstruction with a single layer and tanh.
        dark: whether the page is dark.
    """
    wanted, made = wanted_and_made(record)
    component = regrown(record)
    name, reach = component_names(record)[component], driven_time(record, component)
    end = 1.08 * float(max(np.nanmax(np.abs(wanted)), np.nanmax(np.abs(made))))
    dots = {
        "x": wanted,
        "y": made,
        "mode": "markers",
        "marker": {"color": theme.colour("reconstruction", dark), "symbol": "square", "size": 5},
        "hovertemplate": f"should end at {name} = %{{x:.3g}}<br>ends at %{{y:.3g}}<extra></extra>",
    }
    ideal = {
        "x": [-end, end],
        "y": [-end, end],
        "mode": "lines",
        "line": {"color": theme.colour("target", dark), "dash": "dot", "width": 1.4},
        "hoverinfo": "skip",
    }
    look = theme.ROLES["bottleneck"]
    walls = {
        "x": [-end, end, None, -end, end],
        "y": [reach, reach, None, -reach, -reach],
        "mode": "lines",
        "line": {"color": look.colour(dark), "dash": look.dash, "width": 2},
        "hovertemplate": "reach: %{y:.3g}<extra></extra>",
    }
    entries = [
        (GLYPHS["square"], theme.colour("reconstruction", dark), "a particle"),
        ("┈", theme.colour("target", dark), "rebuilt exactly"),
        ("╍", look.colour(dark), f"reach ±{reach:.3g}"),
    ]
    tall = 1.08 * max(end / 1.08, min(reach, 2 * end))
    axes = (
        theme.axis(dark, f"{name} at t = 0, where it should end again", range=[-end, end], nticks=7),
        theme.axis(dark, range=[-tall, tall], nticks=7),
    )
    title = f"{name} at T, T = {record.spec.horizon:g}"
    return plot(dark, title, "data units", [ideal, walls, dots], [entries], axes, 260, 2)


def reach_words(record: RunRecord) -> str:
    """What the figure shows, in a sentence."""
    wanted, made = wanted_and_made(record)
    reach = driven_time(record, regrown(record))
    return (
        f"Particles should end up to {np.nanmax(np.abs(wanted)):.3g} from 0; with "
        f"T = {record.spec.horizon:g} none can get farther than {reach:.3g}, and the farthest gets to "
        f"{np.nanmax(np.abs(made)):.3g}."
    )
