"""The knob of the data set: one of the catalogue, a table or images of one's own, or a drawing."""

import streamlit as st

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import AS_FOUND, is_table
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from pages.shared import own_images, own_table
from pages.shared.knob_widgets import Values, card_of, select
from pages.shared.setup import complain, escape
from pages.shared.table_preview import leave, look_at_kept, pending
from pages.shared.touched_knobs import DRAW, OWN, OWN_IMAGES, touch, touched
from pages.shared.uploads import images_uploader, table_uploader

_LABELS = {OWN: "Your own table …", OWN_IMAGES: "Your own images …", DRAW: "Draw your own …"}


def dataset_knob(values: Values) -> bool:
    """Draws the choice of the data set; False while there is none that could be trained on.

    Args:
        values: takes the data set and how it is read; its default while there is none.
    """
    default = str(RunSpec.model_fields["dataset"].default)
    asked = str(touched().get("dataset", default))
    _menu(asked, default, values)
    chosen = values["dataset"]
    values["reading"] = AS_FOUND
    if chosen == DRAW:
        values["dataset"] = default
        st.caption("Draw the points on the board beside, then use the drawing.")
        return False
    if chosen not in (OWN, OWN_IMAGES):
        try:
            values["reading"] = own_table.reading_of(chosen)
            st.caption(escape(card_of(values).about))
            _look_again(chosen)
            return True
        except InputError as error:
            complain(error)
            _look_again(chosen)
    values |= {"dataset": default, "reading": AS_FOUND}
    _uploader(chosen, asked)
    return False


def drawing_wanted() -> bool:
    """Whether the person is about to draw a data set: there is none to train on yet."""
    return touched().get("dataset") == DRAW


def _titles() -> dict[str, str]:
    """What is offered, and what it is called."""
    titles = {name: known.title for name, known in CATALOGUE.items()}
    titles |= own_table.labels(own_table.uploaded()) | {word: _LABELS[word] for word in (OWN, DRAW)}
    return titles | own_images.titles(own_images.uploaded()) | {OWN_IMAGES: _LABELS[OWN_IMAGES]}


def _menu(asked: str, default: str, values: Values) -> None:
    """The menu; in the place of a file that is gone stands that for another one."""
    titles = _titles()
    lost = OWN_IMAGES if is_images_file(asked) else OWN
    shown = asked if asked in titles else lost
    select("dataset", tuple(titles), shown, default, values, format_func=titles.get, on_change=_take_dataset)


def _uploader(chosen: str, asked: str) -> None:
    """The place for a file of one's own, and a word of the file that was asked for and is gone."""
    missed = is_images_file(asked) if chosen == OWN_IMAGES else chosen == OWN and is_table(asked)
    if asked not in _titles() and missed and pending() is None:
        st.caption(f"{escape(asked)} is not among the uploaded files. Upload it to train on it again.")
    if chosen == OWN:
        table_uploader()
    elif chosen == OWN_IMAGES:
        images_uploader()


def _look_again(path: str) -> None:
    """How a table that was taken is read can be changed."""
    if is_table(path):
        words = "How it is read …"
        st.button(words, on_click=look_at_kept, args=(path,), key="table_look", type="tertiary")


def _take_dataset(name: str) -> None:
    leave()
    touch(name)
