"""Which runs a page shows: named in the link, else what this visitor looked at last."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.record import RunRecord
from pages.shared.setup import complain, store
from pages.shared.words import title

if TYPE_CHECKING:
    from autoencode_core.runs.store import Entry

OPENING = "gallery-circle"
"""The run that the app opens on: the default knobs, in the plane."""
MOST_RUNS = 4
"""Most runs that are watched side by side."""
_SHOWN = "shown_run"


@st.cache_resource(max_entries=16, show_spinner=False)
def record_of(run_id: str) -> RunRecord:
    """A stored run, kept in memory for the next look.

    Raises:
        InputError: there is no such run.
    """
    return store().record(run_id)


def look_at(run_id: str) -> None:
    """Remembers a run as the one that this visitor looked at last."""
    st.session_state[_SHOWN] = run_id


def last_run() -> str:
    """The run that this visitor looked at last, "" when none."""
    return str(st.session_state.get(_SHOWN, ""))


def choose_runs(key: str, help_text: str, most: int = MOST_RUNS) -> list[tuple[str, RunRecord]]:
    """A menu of the stored runs, at most so many at once; the choice is in the link as run=….

    Args:
        key: of the widget.
        help_text: what they are chosen for.
        most: how many runs may be chosen.
    """
    entries, widget = _entries(), f"{key}_runs"
    before = _remembered(key, widget, entries, most)
    st.session_state[widget] = before[:most] if most > 1 else next(iter(before), None)
    names = _names(entries)
    words: dict[str, Any] = {"format_func": lambda run_id: names.get(run_id, run_id), "help": help_text}
    words |= {"key": widget, "placeholder": "Choose a run"}
    if most > 1:
        chosen = st.multiselect("Runs", list(entries), max_selections=most, **words)
    else:
        found = st.selectbox("Run", list(entries), **words)
        chosen = [found] if found else []
    _into_link(key, chosen)
    return [(run_id, record_of(run_id)) for run_id in chosen]


def _entries() -> dict[str, "Entry"]:
    return {entry.run_id: entry for entry in store().list() if entry.spec is not None}


def _remembered(key: str, widget: str, entries: dict[str, "Entry"], most: int) -> list[str]:
    """The runs of a new link, else what the menu shows, else what was looked at last; those that exist."""
    asked = st.query_params.get_all("run")
    if len(asked) > most:
        st.caption(f"The link names {len(asked)} runs; the first {most} are shown.")
    for unknown in [run_id for run_id in asked if run_id not in entries]:
        complain(InputError("run", unknown, "one of the stored runs"))
    if asked and st.session_state.get(f"{key}_link") != asked:
        found = asked
    elif widget in st.session_state:
        shown = st.session_state[widget]
        found = shown if isinstance(shown, list) else [shown]
        return [run_id for run_id in found if run_id in entries]
    else:
        found = [last_run() or OPENING]
    return [run_id for run_id in found if run_id in entries] or list(entries)[:1]


def _into_link(key: str, chosen: list[str]) -> None:
    if chosen:
        look_at(chosen[0])
    if st.query_params.get_all("run") != chosen:
        st.query_params["run"] = chosen
    st.session_state[f"{key}_link"] = chosen


def _names(entries: dict[str, "Entry"]) -> dict[str, str]:
    """What each run is called; runs of one name are told apart by the end of their id."""
    plain = {
        run_id: entry.name or (title(entry.spec) if entry.spec else run_id)
        for run_id, entry in entries.items()
    }
    found = list(plain.values())
    return {
        run_id: name if found.count(name) == 1 else f"{name} ({run_id[-4:]})"
        for run_id, name in plain.items()
    }
