"""What somebody sees who is here for the first time: what this is, a tour, presets with pictures."""

from typing import NamedTuple

import streamlit as st

from autoencode_core.figures.run.thumbnail import thumbnail
from pages.shared.player import nothing, served
from pages.shared.run_menu import LEFT, OPENING, record_of
from pages.shared.session import SessionKey
from pages.shared.setup import dark
from pages.shared.shown import LESSON, RUN, look_at_run
from pages.shared.teaching import TEACH
from pages.shared.touched_knobs import set_knobs

FLOW_BOX, TRAIN_BOX = "first_flow", "first_train"
"""Containers that the tour points at: around the flow, and around the button that trains."""
_TOUR = SessionKey("tour_asked", int)
"""How often the tour was asked for by hand."""
_STEPS = (
    {
        "title": "Every point flows",
        "words": "Each dot is one point of the data. From t = 0 to T/2 it is carried along, and one "
        "component after the other is frozen (the dots turn hollow). At T/2 only k numbers are kept; from "
        "T/2 to T they are carried back. Space plays and pauses, the arrow keys step.",
        "target": f".st-key-{FLOW_BOX}",
    },
    {
        "title": "λ is what moving costs",
        "words": "The Tikhonov weight λ is the first knob. Small: the flow may bend as it likes. Large: "
        "moving does not pay, the flow stands still, and what is left is PCA.",
        "target": ".st-key-knob_tikhonov",
    },
    {
        "title": "Train your own",
        "words": "Turn a knob, press Train, and watch. Every run is kept on the page Runs, and “My tries” "
        "below draws its error and its ‖θ‖² against λ.",
        "target": f".st-key-{TRAIN_BOX}",
    },
    {
        "title": "Other sides of the same run",
        "words": "The other pages show the run that you looked at last: its code, its control, its limits. "
        "“What am I looking at?” at their foot explains them.",
        "target": '[data-testid="stSidebarNav"]',
    },
)


class Preset(NamedTuple):
    """A run of the gallery to begin with: its id, what it is called here, and what it shows."""

    run_id: str
    name: str
    words: str


PRESETS = (
    Preset("gallery-s_curve_high", "High λ", "The flow stands still: an S-curve becomes a plane, as by PCA."),
    Preset("gallery-s_curve", "Low λ", "The flow bends: two numbers are enough for an S-curve."),
    Preset(LEFT, "Left its ODE", "Steps so large that the layers are no small steps of any flow."),
    Preset(OPENING, "One number for a circle", "A circle on a line: it has to be cut open somewhere."),
)


def welcome() -> None:
    """What this is, in a sentence, with the tour; a link to a run is about that run, and the tour waits."""
    words, action = st.columns([6, 1], vertical_alignment="center")
    words.markdown(
        "An autoencoder as a **flow**: an ODE carries every point of the data, keeps only *k* numbers of it "
        "at half time, and carries it back. **λ** says what moving costs: turn it, train, and see if it pays."
    )
    if st.context.is_embedded or LESSON.there() or TEACH.there():
        return
    if action.button(
        "Tour", width="stretch", help="Four steps: what is on this page, and what to do with it."
    ):
        _TOUR.set((_TOUR.get() or 0) + 1)
    data = {"steps": list(_STEPS), "asked": _TOUR.get() or 0, "begins": not RUN.there()}
    served("tour")(key="tour", data=data, height="content", on_ended_change=nothing)


def presets() -> None:
    """Runs to begin with, each with a small picture; a click opens one and turns the knobs to it."""
    st.markdown("**Begin with one of these**")
    with st.container(horizontal=True, gap="small"):
        for preset in PRESETS:
            with st.container(width=182, gap=None):
                st.image(
                    _picture(preset.run_id, dark()), width="stretch", alt=f"{preset.name}: {preset.words}"
                )
                st.button(
                    preset.name,
                    key=f"preset_{preset.run_id}",
                    on_click=_open,
                    args=(preset.run_id,),
                    width="stretch",
                    help=preset.words,
                )


def _open(run_id: str) -> None:
    look_at_run(run_id)
    set_knobs(record_of(run_id).spec)


@st.cache_data(max_entries=16, show_spinner=False)
def _picture(run_id: str, dark: bool) -> str:
    return thumbnail(record_of(run_id), dark=dark)
