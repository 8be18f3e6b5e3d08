"""A board on which a person draws a data set, or types it; what they drew is kept as a table of their own."""

from collections.abc import Mapping

import streamlit as st

from autoencode_core.data.drawing import (
    EXTENT,
    FEWEST,
    MOST,
    drawing_csv,
    drawing_name,
    typed_points,
)
from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.drawing_board import board_scene
from pages.shared import own_table
from pages.shared.player import served
from pages.shared.session import SessionKey
from pages.shared.setup import complain, escape
from pages.shared.touched_knobs import choose_dataset

_TAKEN = SessionKey("drawing_taken", str)
_ERROR = SessionKey("drawing_error", InputError)
_TYPED = SessionKey("drawing_typed", str)
_EXAMPLE = "0.5, -1.2, A\n-0.3, 0.8, B"


def drawing_board() -> None:
    """Shows the board and a field for typing; a drawing that is taken becomes the data set."""
    st.subheader("Draw a data set", anchor=False)
    st.caption(
        f"{FEWEST} to {MOST:,} points, of one class or two. What you use is kept as a table of your own and "
        "chosen in the sidebar, where you then press Train."
    )
    found = served("drawing")(
        key="drawing", data=board_scene(), height="content", on_taken_change=lambda: None
    ).get("taken")
    if isinstance(found, Mapping):
        _take(found.get("points"))
    with st.expander("Type the points"):
        st.text_area(
            "Points, one a line: x, y and perhaps a class",
            key=_TYPED.name,
            placeholder=_EXAMPLE,
            height=160,
            help=f"Numbers from -{EXTENT:g} to {EXTENT:g}, with spaces or commas between; class A or B.",
        )
        st.button("Use these points", on_click=_take_typed)
    error = _ERROR.pop()
    if error is not None:
        complain(error)


def tell_of_drawing() -> None:
    """Says once that a drawing was kept, in the place where it was drawn."""
    taken = _TAKEN.pop()
    if taken is not None:
        st.success(f"Your drawing is kept as {escape(taken)} and chosen in the sidebar: press Train there.")


def _take(points: object) -> None:
    """Keeps points from the browser, which are not believed, and goes on with them."""
    if _kept(points):
        st.rerun()


def _take_typed() -> None:
    try:
        points = typed_points(_TYPED.get() or "")
    except InputError as error:
        _ERROR.set(error)
    else:
        _kept(points)


def _kept(points: object) -> bool:
    """Whether the points are a drawing that could be kept; if not, why is said below the board."""
    try:
        data = drawing_csv(points)
        names = {own_table.labels([kept])[kept] for kept in own_table.uploaded()}
        path = own_table.keep(data, drawing_name(names))
    except InputError as error:
        _ERROR.set(error)
        return False
    except OSError:
        _ERROR.set(InputError("drawing", "", "a folder for runs that can be written"))
        return False
    choose_dataset(path)
    _TAKEN.set(own_table.labels([path])[path])
    return True
