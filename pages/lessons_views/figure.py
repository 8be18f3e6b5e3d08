"""A figure of a lesson: the player with all its layers, a landscape, or a chart."""

from typing import Any

import streamlit as st

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import error_range
from autoencode_core.figures.scenes.parts import clock_place
from autoencode_core.lessons.case import Case, NotYet, case_of
from autoencode_core.lessons.lesson import Figure, Lesson
from autoencode_core.lessons.pictures import Picture, pictures
from autoencode_core.lessons.wording import filled
from pages.lessons_views.source import Stored, ask_or_wait
from pages.shared.charts import chart
from pages.shared.flow_view import flow_view
from pages.shared.landscape import landscape
from pages.shared.player import player
from pages.shared.setup import dark, guard
from pages.shared.words import title


def show_figure(lesson: Lesson, figure: Figure, key: str, *, linked: bool = False) -> None:
    """A figure and its caption.

    Args:
        lesson: the lesson.
        figure: what is shown.
        key: a name of its own on the page.
        linked: whether its flow time is that of the link.
    """
    case = case_of(lesson, figure, Stored(), ask_or_wait, dark=dark())
    with st.container(key=f"figure_{key}"), guard():
        try:
            if figure.kind == "player":
                _players(case, key, linked)
            else:
                found = pictures(figure.kind, case, key)
                for i, picture in enumerate(found):
                    show_picture(picture, f"{key}_{i}")
        except NotYet:
            return  # its progress is shown
        if figure.caption:
            st.caption(filled(figure.caption, lesson, Stored()))


def show_picture(picture: Picture, key: str) -> None:
    """A picture that is no player of a whole run."""
    if picture.figure is not None:
        chart(key, picture.figure, picture.alt)
    elif picture.scene is not None:
        scene = picture.scene
        (player if picture.shown_by == "player" else landscape)(key, encode(scene), str(scene["id"]))


def _players(case: Case, key: str, linked: bool) -> None:
    """The flows of the runs, side by side on one clock and one scale of errors."""
    records, t = case.records, case.number("t", -1.0)
    several = len(records) > 1
    for i, column in enumerate(st.columns(len(records))):
        with column, guard():
            record, settings = records[i], dict[str, Any]()
            if several:
                st.markdown(f"**{record.name or title(record.spec)}**")
                settings = {"clock": key, "errors_within": error_range(records)}
            if 0 <= t <= record.spec.horizon:
                settings["start"] = clock_place(t, record.spec.horizon)
                settings["autoplay"] = False
            flow_view(
                case.run_ids[i],
                record,
                key=f"{key}_{i}",
                beside=not several,
                linked=linked and i == 0,
                height=340 if several else 380,
                **settings,
            )
