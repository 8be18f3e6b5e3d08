"""The menu of runs of a page: those in the link, else what this visitor looked at last."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from pages.shared.session import SessionKey
from pages.shared.setup import complain, store
from pages.shared.shown import RUN, last_run, remember_run
from pages.shared.words import title

if TYPE_CHECKING:
    from autoencode_core.store.run_store import Entry

OPENING = "gallery-circle"
"""The run that the app opens on: the default knobs, in the plane."""
OPENINGS: Mapping[str, str] = {
    "latent": "gallery-s_curve",
    "control": "gallery-control",
    "ode_limit": "gallery-ode_limit",
    "mean_field": "gallery-mean_field",
}
"""The runs that show the idea of a page best, by the page; OPENING for the others."""
LEFT = "gallery-residual_network"
"""The run that left its ODE, there for contrast."""
MOST_RUNS = 4
"""Most runs that are watched side by side."""
MOST_OFFERED = 100
"""Most runs of one's own that a menu offers: the newest, or the newest that are searched for."""


def record_of(run_id: str) -> RunRecord:
    """A stored run as it is now, kept in memory for the next look.

    Raises:
        InputError: there is no such run.
    """
    return _record(run_id, store().stamp(run_id))


@st.cache_resource(max_entries=16, show_spinner=False)
def _record(run_id: str, stamp: tuple[int, int, int]) -> RunRecord:
    return store().record(run_id)


def show_run(run_id: str) -> None:
    """Shows a run on the page that is open; for what is done on a click."""
    RUN.set([run_id])


def choose_runs(
    key: str, help_text: str, most: int = MOST_RUNS, opening: Sequence[str] = ()
) -> list[tuple[str, RunRecord]]:
    """A menu of the stored runs, at most so many at once; the choice is in the link as run=….

    Args:
        key: of the widget: the page.
        help_text: what they are chosen for.
        most: how many runs may be chosen.
        opening: what is shown to a visitor who has not chosen any run yet; by default that of the page.
    """
    opening = opening or [OPENINGS.get(key, OPENING)]
    widget: SessionKey[object] = SessionKey(f"{key}_runs", object)
    named = [*RUN.all(), *_shown(widget), last_run(), *opening]
    entries = offered(named, _searched(key))
    before = _remembered(key, widget, entries, most, opening)
    widget.set(before[:most] if most > 1 else next(iter(before), None))
    names = names_of({run_id: entry.spec for run_id, entry in entries.items() if entry.spec}, entries)
    words: dict[str, Any] = {"format_func": lambda run_id: names.get(run_id, run_id), "help": help_text}
    words |= {"key": widget.name, "placeholder": "Choose a run"}
    if most > 1:
        chosen = st.multiselect("Runs", list(entries), max_selections=most, **words)
    else:
        found = st.selectbox("Run", list(entries), **words)
        chosen = [found] if found else []
    _into_link(key, chosen, opening)
    return [(run_id, record_of(run_id)) for run_id in chosen]


def offered(named: Sequence[str], text: str = "") -> dict[str, "Entry"]:
    """The runs of a menu by id: the newest, those of the gallery, and those that are named.

    Args:
        named: ids, perhaps of runs of studies or "".
        text: what the others must have in their name, data set or id.
    """
    found = store().search(text)
    own = list(islice((entry for entry in found if not entry.read_only), MOST_OFFERED))
    shown = [*own, *(entry for entry in found if entry.read_only)]
    known = {entry.run_id: entry for entry in shown}
    for run_id in named:
        if run_id and run_id not in known:
            with suppress(InputError):
                known[run_id] = store().entry(run_id)
    return {run_id: entry for run_id, entry in known.items() if entry.spec is not None}


def _searched(key: str) -> str:
    """What is typed to find other runs than the newest, where there are more."""
    own = sum(not entry.read_only for entry in store().list())
    if own <= MOST_OFFERED:
        return ""
    return st.text_input(
        "Find runs",
        key=f"{key}_find",
        placeholder="Words of a name, a data set or an id",
        help=f"The menu offers the newest {MOST_OFFERED} of {own:,} runs that have all of these words.",
    )


def _shown(widget: SessionKey[object]) -> list[str]:
    """What a menu shows now."""
    shown = widget.get() or []
    return [str(run_id) for run_id in (shown if isinstance(shown, list) else [shown])]


def _remembered(
    key: str, widget: SessionKey[object], entries: dict[str, "Entry"], most: int, opening: Sequence[str]
) -> list[str]:
    """The runs of a new link, else what the menu shows, else what was looked at last; those that exist."""
    asked = RUN.all()
    if len(asked) > most:
        st.caption(f"The link names {len(asked)} runs; the first {most} are shown.")
    for unknown in [run_id for run_id in asked if run_id not in entries]:
        complain(InputError("run", unknown, "one of the stored runs"))
    if asked and _in_link(key).get() != asked:
        found = asked
    elif widget.there():
        return [run_id for run_id in _shown(widget) if run_id in entries]
    else:
        found = [last_run()] if last_run() else list(opening)
    return [run_id for run_id in found if run_id in entries] or list(entries)[:1]


def _into_link(key: str, chosen: list[str], opening: Sequence[str]) -> None:
    if chosen and chosen != list(opening):  # a run that only opened a page was not chosen by anybody
        remember_run(chosen[0])
    if chosen == list(opening):
        RUN.imply(chosen)
    else:
        RUN.set(chosen)
    _in_link(key).set(chosen)


def _in_link(key: str) -> SessionKey[list[str]]:
    """The runs that the menu has put into the link."""
    return SessionKey(f"{key}_link", list)


def names_of(
    specs: Mapping[str, RunSpec], entries: Mapping[str, "Entry"] = MappingProxyType({})
) -> dict[str, str]:
    """What each run is called; runs of one name are told apart by seed, and by the end of their id.

    Args:
        specs: of the runs, by their ids.
        entries: those of which a name may be known.
    """
    named = {run_id: entries[run_id].name if run_id in entries else "" for run_id in specs}
    plain = {run_id: name or title(specs[run_id]) for run_id, name in named.items()}
    twice = {name for name, times in Counter(plain.values()).items() if times > 1}
    plain |= {
        i: f"{name}, seed {specs[i].seed}" for i, name in plain.items() if name in twice and not named[i]
    }
    times = Counter(plain.values())
    return {run_id: name if times[name] == 1 else f"{name} ({run_id[-4:]})" for run_id, name in plain.items()}
