"""Runs: what was trained, what differs, and what to do with it."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.glossary import explained
from autoencode_core.knobs import in_words
from autoencode_core.ode import difference_of
from autoencode_core.overfit import overfit_sentence
from autoencode_core.spec import RunSpec
from autoencode_core.store.disk_use import most_bytes
from autoencode_core.units import error_unit
from autoencode_core.words import megabytes
from pages.shared.job_panel import RUNNING, offer_unstored
from pages.shared.linked import linked_switch, linked_text
from pages.shared.rename_delete import delete_button, rename_button
from pages.shared.reproduce import reproduce_button
from pages.shared.run_menu import MOST_RUNS
from pages.shared.session import SessionKey
from pages.shared.setup import complain, escape, guard, jobs, page_setup, store
from pages.shared.shown import JOB, RUN
from pages.shared.study_list import REGIMES, running_studies, stored_studies
from pages.shared.views import VIEW
from pages.shared.visitor import visitor
from pages.shared.words import dataset, local_time, title

if TYPE_CHECKING:
    from autoencode_core.desk.training_job import JobStatus
    from autoencode_core.store.run_store import Entry

PLAYGROUND = "pages/playground.py"
OPENS = {"Playground": PLAYGROUND, "Flow": "pages/flow.py", "Latent": "pages/latent.py"}
_UPLOAD_ERROR = SessionKey("runs_upload_error", InputError)
_UPLOADS = SessionKey("runs_uploads", int)
"""How many files were dropped."""
_MORE = SessionKey("runs_more", int)
"""How often more rows were asked for."""
_ROWS = 200
"""Rows that the table shows at first, and that each click adds."""
_MOST_GOING = 12
"""Most trainings that are listed, one's own and the next ones first."""
_REFRESH_SECONDS = 1.0
_SHARES = {"Unexplained, test": "unexplained", "PCA, test": "pca_unexplained"}
_FIGURES = {"Test error": "test_error", "PCA test error": "pca_test_error"}
_ODE, _ODE_ERROR = "ODE difference", "ODE test error"
_UNIT = "In the unit that the column Errors in names."


def render() -> None:
    """Draws the page."""
    page_setup("Runs")
    st.title("Runs", anchor=False)
    with guard():
        _running()
        running_studies()
    entries: list[Entry] = []
    with guard():
        entries = store().list()
        if not any(not entry.read_only for entry in entries):
            st.info(
                "No runs of your own yet. Train one on the page Playground: each run that ends is kept here. "
                + ("The runs of the gallery came with the program." if entries else "")
            )
    with guard():
        chosen = _table(_found(entries)) if entries else []
        _together([entry.run_id for entry in chosen if entry.spec is not None])
        for entry in chosen:
            _card(entry)
    with guard():
        stored_studies()
    with guard():
        _upload()
    with guard():
        _disk_use()


# ---- what trains now


def _running() -> None:
    """Jobs that have not ended, refreshed while there are any."""
    known = jobs().list()
    going = [job.job_id for job in known if job.state in RUNNING]
    if going:
        st.subheader("Training now", anchor=False)
        st.fragment(_going, run_every=_REFRESH_SECONDS)(going)
    for job in known:
        if job.state == "failed":
            words = f"{title(job.spec)} was trained but could not be stored. {job.message}"
            offer_unstored(job.job_id, words, ".autoencode")


@guard()
def _going(shown: Sequence[str]) -> None:
    going = [job for job in jobs().list() if job.state in RUNNING]
    if [job.job_id for job in going] != list(shown):
        st.rerun()
    going.sort(key=lambda job: (visitor() not in job.owners, job.position or 0))
    for job in going[:_MOST_GOING]:
        words, watch = st.columns([5, 1], vertical_alignment="center")
        words.markdown(_job_words(job))
        watch.page_link(PLAYGROUND, label="Watch", query_params={JOB.name: job.job_id})
    if len(going) > _MOST_GOING:
        st.caption(f"{len(going) - _MOST_GOING} more train or wait.")


def _job_words(job: "JobStatus") -> str:
    done = job.history.get("iteration") or [0]
    far = f"iteration {done[-1]:,.0f} of {job.spec.iterations:,}"
    if job.choosing is not None:
        far = f"choosing λ, {job.choosing[2]:.0%}"
    if job.position is not None:
        far = f"number {job.position} in the queue"
    words = (job.spec.method, far, job.state)
    return f"**{escape(title(job.spec))}** · {' · '.join(words)}"


# ---- the table


def _found(entries: Sequence["Entry"]) -> list["Entry"]:
    """What the table shows: the newest of one's own runs, those that are searched for, and the gallery's."""
    own = sum(not entry.read_only for entry in entries)
    text = linked_text(
        "Search",
        link="find",
        key="runs_search",
        placeholder="Words of a name, a data set, a method or an id",
    )
    found = store().search(text) if text else entries
    mine = [entry for entry in found if not entry.read_only]
    most = _ROWS * (1 + (_MORE.get() or 0))
    if len(mine) > most or text:
        words, more = st.columns([5, 1], vertical_alignment="center")
        words.caption(
            f"The newest {min(most, len(mine)):,} of {len(mine):,} runs of your own are shown"
            + (f", of {own:,} in all." if text else ".")
        )
        if len(mine) > most:
            more.button("Show more", on_click=_show_more, help=f"The next {_ROWS} runs.")
    return [*mine[:most], *(entry for entry in found if entry.read_only)]


def _show_more() -> None:
    _MORE.set((_MORE.get() or 0) + 1)


def _table(entries: Sequence["Entry"]) -> list["Entry"]:
    """Draw the list; returns what is selected."""
    only = linked_switch(
        "Differences only",
        True,
        link="differ",
        key="runs_differences",
        help="Show a knob only where the runs do not all have the same value.",
    )
    if not entries:
        st.info("No run has all of these words. Try fewer of them.")
        return []
    knobs = _knobs_shown(entries, only)
    # Rows are selected by number: another list is another table, or the wrong run would be deleted.
    ids = hashlib.sha256("\n".join(entry.run_id for entry in entries).encode()).hexdigest()[:12]
    chosen = st.dataframe(
        pd.DataFrame([_row(entry, knobs) for entry in entries]),
        key=f"runs_table_{ids}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        column_config=_columns(),
        placeholder="–",
        alt="Stored runs, one per row: name, date, status, errors and the knobs that differ.",
    )
    rows = [row for row in chosen.selection.rows if row < len(entries)]
    if not rows:
        st.caption("Tick runs on the left of the table to open, download, rename or delete them.")
    return [entries[row] for row in rows]


def _together(run_ids: list[str]) -> None:
    """Several ticked runs may be watched side by side, or compared knob by knob."""
    if not 1 < len(run_ids) <= MOST_RUNS:
        return
    with st.container(horizontal=True):
        words = f"Open these {len(run_ids)} in Flow, on one clock"
        if st.button(words, key="open_together", type="primary"):
            st.switch_page(OPENS["Flow"], query_params={RUN.name: run_ids})
        if st.button("Compare them", key="compare_together"):
            st.switch_page(REGIMES, query_params={VIEW.name: "compare", RUN.name: run_ids})


def _knobs_shown(entries: Sequence["Entry"], only_differences: bool) -> list[str]:
    specs = [entry.spec for entry in entries if entry.spec]
    names = list(RunSpec.model_fields)
    return [n for n in names if not only_differences or len({getattr(spec, n) for spec in specs}) > 1]


def _row(entry: "Entry", knobs: Sequence[str]) -> dict[str, Any]:
    row = {
        "Name": _name(entry),
        "From": "gallery" if entry.read_only else "you",
        "Created": local_time(entry.created),
        "Status": entry.status,
        **{heading: entry.figures.get(key) for heading, key in _SHARES.items()},
        **{heading: entry.figures.get(key) for heading, key in _FIGURES.items()},
        "Errors in": error_unit(entry.spec) if entry.spec else None,
        _ODE: difference_of(entry.figures),
        _ODE_ERROR: entry.figures.get("ode_test_error"),
        "Seconds": entry.figures.get("seconds"),
    }
    return row | {_heading(name): _cell(entry.spec, name) for name in knobs}


def _cell(spec: RunSpec | None, name: str) -> Any:
    if spec is None:
        return None
    if name == "dataset":
        return dataset(spec.dataset)
    value = getattr(spec, name)
    return value if _is_number(name) else in_words(name, value)


def _is_number(name: str) -> bool:
    """Whether a stored run has a plain number there; where the data chose λ, it has what they chose."""
    return name == "tikhonov" or RunSpec.model_fields[name].annotation in (int, float)


def _columns() -> dict[str, Any]:
    numbers = {
        _heading(name): st.column_config.NumberColumn(help=explained(name), format="%.6g")
        for name in RunSpec.model_fields
        if _is_number(name)
    }
    words = {
        _heading(name): st.column_config.TextColumn(help=explained(name))
        for name in RunSpec.model_fields
        if not _is_number(name)
    }
    number = st.column_config.NumberColumn
    return {
        **numbers,
        **words,
        "Name": st.column_config.TextColumn(pinned=True, help=explained("run")),
        "From": st.column_config.TextColumn(
            help="Runs of the gallery came with the program and are read-only."
        ),
        "Status": st.column_config.TextColumn(width=95, help=explained("status")),
        "Created": st.column_config.DatetimeColumn(
            format="YYYY-MM-DD HH:mm", help="When the training ended, in your time zone."
        ),
        "Unexplained, test": number(help=explained("unexplained"), format="percent"),
        "PCA, test": number(help=explained("pca", "Here its unexplained share."), format="percent"),
        "Test error": number(help=explained("test_error", _UNIT), format="%.4g"),
        "PCA test error": number(help=explained("pca", _UNIT), format="%.4g"),
        "Errors in": st.column_config.TextColumn(help="The unit of the errors in this row."),
        _ODE: number(help=explained("ode_difference"), format="percent"),
        _ODE_ERROR: number(help=explained("ode_test_error", _UNIT), format="%.4g"),
        "Seconds": number(help=explained("seconds"), format="%.1f"),
    }


# ---- one run


def _card(entry: "Entry") -> None:
    """What can be done with a selected run."""
    run_id = entry.run_id
    with st.container(border=True):
        st.markdown(f"**{escape(_name(entry))}**")
        note = " Read-only: it belongs to the gallery." if entry.read_only else ""
        st.caption(f"{escape(entry.summary)} · {escape(entry.message)}{note}")
        if said := overfit_sentence(entry.figures):
            st.warning(escape(said))
        with st.container(horizontal=True):
            if entry.spec is not None:
                for page, path in OPENS.items():
                    kind: Literal["primary", "secondary"] = "primary" if path == PLAYGROUND else "secondary"
                    if st.button(f"Open in {page}", key=f"open_{page}_{run_id}", type=kind):
                        st.switch_page(path, query_params={RUN.name: run_id})
                if st.button("Convexity", key=f"open_convexity_{run_id}"):
                    st.switch_page(REGIMES, query_params={VIEW.name: "convexity", RUN.name: run_id})
                st.download_button(
                    "Download",
                    data=partial(store().export, run_id),
                    file_name=f"{run_id}.autoencode",
                    mime="application/octet-stream",
                    key=f"download_{run_id}",
                    on_click="ignore",
                    help="The whole run as one file, which the upload below takes.",
                )
                reproduce_button(f"runs_{run_id}", store().record(run_id))
            if not entry.read_only:
                if entry.spec is not None:
                    rename_button(run_id, entry.name, store().rename)
                delete_button(run_id, _name(entry), store().delete)


# ---- upload


def _upload() -> None:
    st.subheader("Upload a run or a study", anchor=False)
    st.file_uploader(
        "Run file (.autoencode) or study (.study)",
        type=["autoencode", "study"],
        key=_uploader().name,
        on_change=_take_upload,
        max_upload_size=200,
        help="A file that “Download” has made, here or on another machine.",
    )
    if error := _UPLOAD_ERROR.get():
        complain(error)


def _take_upload() -> None:
    """Store an uploaded run, or tell what is wrong with it; the uploader is then a new, empty one."""
    file = _uploader().get()
    _UPLOAD_ERROR.drop()
    if file is None:
        return
    try:
        take = store().import_study if file.name.endswith(".study") else store().import_
        take(file.getvalue())
    except InputError as error:
        _UPLOAD_ERROR.set(InputError(f"{file.name}, {error.field}", error.value, error.allowed))
        return
    finally:
        _UPLOADS.set((_UPLOADS.get() or 0) + 1)  # the file itself is let go
    st.toast(f"{escape(file.name)} is stored now.")


def _uploader() -> SessionKey[Any]:
    """What was dropped; a new one after each file."""
    return SessionKey(f"runs_upload_{_UPLOADS.get() or 0}", object)


def _disk_use() -> None:
    """How much room the runs take, and may take."""
    used, most = store().use.used(), most_bytes()
    of = "" if most is None else f" of at most {megabytes(most)}"
    st.caption(f"The runs folder holds {megabytes(used)}{of}. Nothing in it is ever deleted by itself.")


# ---- words


def _name(entry: "Entry") -> str:
    return entry.name or (title(entry.spec) if entry.spec else entry.run_id)


def _heading(name: str) -> str:
    info = RunSpec.model_fields[name]
    extra = info.json_schema_extra
    symbol = extra.get("symbol", "") if isinstance(extra, dict) else ""
    return f"{info.title} {symbol}".strip()


if __name__ == "__main__":
    render()
