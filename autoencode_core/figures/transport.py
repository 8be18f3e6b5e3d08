"""Play, pause and the scrubber of an animated figure."""

from typing import Any

from autoencode_core.figures import theme
from autoencode_core.figures.timeline import Timeline

FRAME_MS = 46
"""Time for one frame; browsers round it up to the next refresh of the display: 46 is better than 50."""


def buttons(dark: bool, redraw: bool, y: float) -> dict[str, Any]:
    """Play and pause, side by side; play goes on from where it stands and starts over at the end."""
    play = {"fromcurrent": True, "mode": "immediate", **_pace(FRAME_MS, redraw)}
    stop = {"mode": "immediate", **_pace(0, False)}
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "y": y,
        "xanchor": "left",
        "yanchor": "middle",
        "pad": {"t": 0, "b": 0, "l": 0, "r": 0},
        # dark on sky in both modes: Plotly turns a hovered button pale whatever the page
        "bgcolor": theme.OKABE_ITO["sky"],
        "bordercolor": theme.OKABE_ITO["sky"],
        "font": {"color": "#000000", "size": theme.TEXT},
        "buttons": [
            {"label": "▶ Play", "method": "animate", "args": [None, play]},
            {"label": "❚❚ Pause", "method": "animate", "args": [[None], stop]},
        ],
    }


def scrubber(line: Timeline, dark: bool, redraw: bool, y: float) -> dict[str, Any]:
    """A slider as wide as the time axis above it, with one step for each frame that has a time of its own."""
    jump = {"mode": "immediate", **_pace(0, redraw)}
    muted = theme.colour("muted", dark)
    steps = [
        {"label": caption.split(" · ")[0][4:], "method": "animate", "args": [[str(i)], jump]}
        for i, caption in enumerate(line.captions)
        if line.scrub[i]
    ]
    return {
        "active": 0,
        "x": 0,
        "len": 1,
        "y": y,
        "yanchor": "top",
        # Plotly insets the rail by 10 px on each side
        "pad": {"t": 0, "b": 0, "l": -10, "r": -10},
        "currentvalue": {"visible": False},
        "transition": {"duration": 0},
        "bgcolor": theme.colour("grid", dark),
        "activebgcolor": theme.colour("now", dark),
        "bordercolor": muted,
        # the time axis has the ticks; the steps' labels stay in the page, unseen
        "ticklen": 0,
        "minorticklen": 0,
        "font": {"color": "rgba(0,0,0,0)", "size": 10},
        "steps": steps,
    }


def _pace(duration: int, redraw: bool) -> dict[str, Any]:
    return {"frame": {"duration": duration, "redraw": redraw}, "transition": {"duration": 0}}
