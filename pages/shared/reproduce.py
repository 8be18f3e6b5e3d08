"""Reproduce: a run or a study made again elsewhere, and what to cite for it."""

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.export.citation import cite
from autoencode_core.export.reproduce import recipe
from autoencode_core.names import run_stem, study_stem
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Study
from pages.shared.setup import escape

_HELP = "The command line, a Python script or a notebook that make this again, and what to cite."


def reproduce_button(key: str, what: RunRecord | Study) -> None:
    """A button that opens what makes a run or a study again.

    Args:
        key: the same for what is shown in this place.
        what: the run or the study.
    """
    box = st.popover("Reproduce", key=f"{key}_reproduce", help=_HELP, on_change="rerun")
    if not box.open:
        return
    with box:
        try:
            made = recipe(what)
        except InputError as error:
            st.caption(f"This can not be made again on its own: wanted is {escape(error.allowed)}.")
        else:
            st.markdown("**In a terminal**")
            st.code(made.command_line, language="bash", wrap_lines=True)
            for note in made.notes:
                st.caption(escape(note))
            with st.container(horizontal=True):
                _download(key, "Python script", made.script.encode(), f"{made.stem}.py", "text/x-python")
                _download(key, "Notebook", made.notebook, f"{made.stem}.ipynb", "application/x-ipynb+json")
        st.markdown("**To cite**")
        stem = run_stem(what) if isinstance(what, RunRecord) else study_stem(what)
        st.code(cite(what), language="latex", height=220)
        _download(key, "BibTeX", cite(what).encode(), f"{stem}.bib", "application/x-bibtex")


def _download(key: str, label: str, data: bytes, name: str, mime: str) -> None:
    st.download_button(
        label,
        data,
        name,
        mime=mime,
        key=f"{key}_reproduce_{name.rpartition('.')[2]}",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )
