"""Where a person drops a table or images of their own."""

from typing import Any

import streamlit as st

from autoencode_core.errors import InputError
from pages.shared import own_images, own_table
from pages.shared.session import SessionKey
from pages.shared.setup import complain
from pages.shared.table_preview import leave, look_at_upload, pending
from pages.shared.touched_knobs import choose_dataset, touched

_TABLE, _IMAGES = SessionKey[Any]("knob_file", object), SessionKey[Any]("knob_images", object)
_IMAGES_ERROR = SessionKey("knobs_images_error", InputError)


def table_uploader() -> None:
    """A place for a table; what is understood of it is shown before it is taken."""
    st.file_uploader(
        "Table",
        type=["csv", "tsv", "txt", "gz", "xlsx"],
        key=_TABLE.name,
        on_change=_look_at_table,
        max_upload_size=50,
        help="Columns of numbers, and of text: .csv, .tsv, .txt, packed by gzip or not, or .xlsx. What "
        "is understood of it is shown before it is taken. At most 50 MB and 200,000 rows.",
    )
    if pending() is None:
        st.caption("Choose a file to go on, or take another data set.")
    else:
        st.caption("The page shows what was understood of it: take it there.")


def images_uploader() -> None:
    """A place for a file of images and that of their labels."""
    st.file_uploader(
        "IDX files",
        accept_multiple_files=True,
        key=_IMAGES.name,
        on_change=_take_images,
        max_upload_size=200,
        help="A file of grey images as MNIST has them (…-images-idx3-ubyte, .gz or not) and, if there is "
        "one, that of their labels (…-labels-idx1-ubyte). At most 64 × 64 pixels and 200 MB unpacked.",
    )
    if error := _IMAGES_ERROR.get():
        complain(error)
    else:
        st.caption("Choose the images, and their labels with them, or take another data set.")


def _look_at_table() -> None:
    """A run's table that was lost is read as it was then."""
    file = _TABLE.get()
    if file is None:
        leave()
    else:
        look_at_upload(file.getvalue(), file.name, own_table.reading_of(str(touched().get("dataset", ""))))


def _take_images() -> None:
    """Keep and choose them, or remember what is wrong with them."""
    files = _IMAGES.get() or []
    _IMAGES_ERROR.drop()
    if not files:
        return
    try:
        choose_dataset(own_images.keep([own_images.Upload(f.name, f.getvalue()) for f in files]))
    except InputError as error:
        _IMAGES_ERROR.set(error)
    except OSError:
        _IMAGES_ERROR.set(InputError("file", files[0].name, "a folder for runs that can be written"))
