"""A board on which a person draws a data set, or types it; what they drew is kept as a table of their own."""

from collections.abc import Mapping

import streamlit as st

from autoencode_core.data.drawing import (
    CLASSES,
    EXTENT,
    FEWEST,
    MOST,
    drawing_csv,
    drawing_name,
    typed_points,
)
from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from pages.shared import own_table
from pages.shared.player import served
from pages.shared.setup import complain, escape
from pages.shared.wishes import choose_dataset

_TAKEN = "drawing_taken"
_ERROR = "drawing_error"
_TYPED = "drawing_typed"
_EXAMPLE = "0.5, -1.2, A\n-0.3, 0.8, B"


def drawing_board() -> None:
    """Shows the board and a field for typing; a drawing that is taken becomes the data set."""
    st.subheader("Draw a data set", anchor=False)
    st.caption(
        f"{FEWEST} to {MOST:,} points, of one class or two. What you use is kept as a table of your own and "
        "chosen in the sidebar, where you then press Train."
    )
    found = served("drawing")(
        key="drawing", data=_board(), height="content", on_taken_change=lambda: None
    ).get("taken")
    if isinstance(found, Mapping):
        _take(found.get("points"))
    with st.expander("Type the points"):
        st.text_area(
            "Points, one a line: x, y and perhaps a class",
            key=_TYPED,
            placeholder=_EXAMPLE,
            height=160,
            help=f"Numbers from -{EXTENT:g} to {EXTENT:g}, with spaces or commas between; class A or B.",
        )
        st.button("Use these points", on_click=_take_typed)
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        complain(error)


def tell_of_drawing() -> None:
    """Says once that a drawing was kept, in the place where it was drawn."""
    taken = st.session_state.pop(_TAKEN, None)
    if taken is not None:
        st.success(f"Your drawing is kept as {escape(taken)} and chosen in the sidebar: press Train there.")


def _board() -> dict[str, object]:
    """What the board needs to know; colours and marks are those of every figure."""
    looks = {
        name: {
            "classes": theme.class_colours(len(CLASSES), dark),
            **{role: theme.colour(role, dark) for role in ("ink", "muted", "grid")},
        }
        for name, dark in (("light", False), ("dark", True))
    }
    return {"classes": CLASSES, "extent": EXTENT, "fewest": FEWEST, "most": MOST, "theme": looks}


def _take(points: object) -> None:
    """Keeps points from the browser, which are not believed, and goes on with them."""
    if _kept(points):
        st.rerun()


def _take_typed() -> None:
    try:
        points = typed_points(st.session_state.get(_TYPED, ""))
    except InputError as error:
        st.session_state[_ERROR] = error
    else:
        _kept(points)


def _kept(points: object) -> bool:
    """Whether the points are a drawing that could be kept; if not, why is said below the board."""
    try:
        data = drawing_csv(points)
        names = {own_table.labels([kept])[kept] for kept in own_table.uploaded()}
        path = own_table.keep(data, drawing_name(names))
    except InputError as error:
        st.session_state[_ERROR] = error
        return False
    except OSError:
        st.session_state[_ERROR] = InputError("drawing", "", "a folder for runs that can be written")
        return False
    choose_dataset(path)
    st.session_state[_TAKEN] = own_table.labels([path])[path]
    return True
