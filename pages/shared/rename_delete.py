"""What can be done with anything that is stored: rename it, delete it."""

from collections.abc import Callable

import streamlit as st

from pages.shared.setup import escape, guard


def rename_button(stored_id: str, before: str, rename: Callable[[str, str], None]) -> None:
    """Asks for a new name.

    Args:
        stored_id: of the run or study.
        before: its name now.
        rename: called with the id and the new name; an InputError is told.
    """
    popover = st.popover("Rename", key=f"renaming_{stored_id}_{before}")  # a new name closes it
    with popover, st.form(f"rename_form_{stored_id}", border=False):  # a form, so that Enter renames
        name = st.text_input("New name", value=before, max_chars=80, key=f"name_{stored_id}")
        if st.form_submit_button("Rename", key=f"rename_{stored_id}"):
            with guard():
                rename(stored_id, name)
                st.rerun()


def delete_button(stored_id: str, name: str, delete: Callable[[str], None]) -> None:
    """Asks whether it is meant, and deletes.

    Args:
        stored_id: of the run or study.
        name: what it is called.
        delete: called with the id; an InputError is told.
    """
    with st.popover("Delete", key=f"deleting_{stored_id}"):
        st.markdown(f"Delete **{escape(name)}**? This cannot be undone.")
        if st.button("Delete for good", key=f"delete_{stored_id}", type="primary"):
            with guard():
                delete(stored_id)
                st.rerun()
