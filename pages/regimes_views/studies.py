"""What the views of studies share: which study is shown, its training, its runs, its table."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.export.study_csv import study_csv
from autoencode_core.figures.regimes.ode_difference import ode_known
from autoencode_core.names import study_stem
from autoencode_core.store.study import COLUMNS, Kind, Study, study_line, table
from pages.regimes_views.plan import plan_form
from pages.regimes_views.training import study_trains
from pages.shared.charts import chart
from pages.shared.flow_time import TIME
from pages.shared.reproduce import reproduce_button
from pages.shared.run_menu import MOST_RUNS
from pages.shared.session import SessionKey
from pages.shared.setup import complain, dark, escape, store
from pages.shared.shown import RUN, STUDY, remember_run
from pages.shared.study_list import study_names
from pages.shared.views import switch_view
from pages.shared.words import setting, study_title

if TYPE_CHECKING:
    from autoencode_core.store.study_store import StudyEntry

FLOW = "pages/flow.py"
_STACKED = "studies_stacked"
_BEST = "gallery.hysteresis"
"""The continuation of the gallery that shows hysteresis; the other one is for the Playground."""
PAGE = "regimes"
_HEADS = {
    "tikhonov": "λ",
    "seed": "seed",
    "branch": "branch",
    "status": "status",
    "iterations": "iterations",
    "cost": "J",
    "data_term": "data term",
    "test_term": "its test value",
    "square": "‖θ‖²",
    "train_error": "train error",
    "test_error": "test error",
    "unexplained": "unexplained",
    "gradient_norm": "‖∇J‖",
    "ode_difference": "ODE difference",
    "ode_test_error": "test error of its ODE",
    "verdict": "an ODE?",
    "substeps": "sub-steps",
    "minimiser": "minimiser",
    "moved": "moved by",
    "jump": "jump",
    "curvature": "ν",
    "bound": "bound of ν",
    "floor": "floor of ν",
    "convexity": "2λ + ν",
}
"""Columns of the table and their heads."""


def study_shown(kind: Kind) -> tuple[str, Study] | None:
    """The study of the link or of the menu, below it the form for another one; None while one trains.

    Args:
        kind: of the study.
    """
    for key in (RUN, TIME):
        key.drop()
    if study_trains(kind):
        return None
    chosen = _menu(kind)
    plan_form(kind, opened=chosen is None)
    if chosen is not None:
        st.toggle(
            "Panels below each other",
            key=_STACKED,
            persist_state="session",
            help="For narrow screens. The camera above a picture saves it as PNG.",
        )
    return chosen


# ---- which one


def _menu(kind: Kind) -> tuple[str, Study] | None:
    """A menu of the stored studies of a kind; the choice is in the link as study=…."""
    known = {e.study_id: e for e in store().studies() if e.study is not None and e.study.kind == kind}
    widget, asked = _shown_study(kind), STUDY.get()
    if asked and asked not in known:
        if all(entry.study_id != asked for entry in store().studies()):
            complain(InputError("study", asked, "one of the stored studies"))
        STUDY.drop()
    elif asked and _linked_study(kind).get() != asked:
        widget.set(asked)
    if not known:
        st.info("No study of this kind is stored yet. Train one below.")
        return None
    if widget.get() not in known:
        widget.set(_opening(known))
    names = study_names(known)
    chosen = st.selectbox(
        "Study",
        list(known),
        format_func=names.__getitem__,
        key=widget.name,
        persist_state="session",
        help="What was trained, newest first; those of the gallery come last.",
    )
    _linked_study(kind).set(chosen)
    if chosen == _opening(known):
        STUDY.imply(chosen)
    else:
        STUDY.set(chosen)
    study = known[chosen].study
    return None if study is None else (chosen, study)


def _opening(known: "Mapping[str, StudyEntry]") -> str:
    """One's own newest study, else the one of the gallery that shows the idea best."""
    newest = next(iter(known))
    return _BEST if known[newest].read_only and _BEST in known else newest


def _shown_study(kind: Kind) -> SessionKey[str]:
    """The study that the menu of a kind shows."""
    return SessionKey(f"{kind}_study", str)


def _linked_study(kind: Kind) -> SessionKey[str]:
    """The study that this menu has put into the link."""
    return SessionKey(f"{kind}_study_link", str)


def opening_runs() -> list[str]:
    """Two runs to begin with where none is asked for: of one seed of the first strip at low and at high λ."""
    strips = [e for e in store().studies() if e.study is not None and e.study.kind == "strip"]
    shown = _shown_study("strip").get()
    strips.sort(key=lambda entry: entry.study_id != shown)
    for entry in strips[:1]:
        places = _ends(entry.study) if entry.study else []
        return [store().member_ids(entry.study_id)[place] for place in places]
    return []


def _ends(study: Study) -> list[int]:
    """Places of the best run at a low λ, and of its seed at the highest."""
    weights = study.weights
    low = study.best(weights[len(weights) // 3])
    if low is None:
        return []
    seed = study.outcomes[low].seed
    high = [i for i in study.at(weights[-1]) if study.outcomes[i].seed == seed and i != low]
    return [low, *high]


# ---- its picture and its runs


def study_heading(study_id: str, study: Study) -> None:
    """What the runs of a study share, whether it is whole, and how to make it again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(study.name or study_title(study)), anchor=False)
        reproduce_button(f"study_{study_id}", study)
    converged = sum(outcome.converged for outcome in study.outcomes)
    parts = [setting(study.spec), f"at most {study.spec.iterations:,} iterations"]
    parts += [f"{converged} of {len(study.outcomes)} runs converged"]
    st.caption(escape(" · ".join(parts)))


def study_chart(study_id: str, study: Study, name: str, draw: Callable[..., go.Figure], words: str) -> None:
    """A picture of a study; a click on a mark opens its run on the page Flow.

    Args:
        study_id: its id.
        study: the study.
        name: of the picture.
        draw: figure of the study, with `dark`, whose marks carry their place as customdata.
        words: what it shows.
    """
    slot = f"{name}_opened"
    stacked = bool(st.session_state.get(_STACKED))
    key = f"{name}_{study_id}_{stacked}_{st.session_state.get(slot, 0)}"
    figure = partial(draw, study, dark=dark(), stacked=stacked)
    stem = f"{study_stem(study)}-{name}"
    event = chart(key, figure, words, stem, about=(_figures_digest(study),), picks=True)
    place = _picked(event, len(study.outcomes))
    if place is not None:
        st.session_state[slot] = st.session_state.get(slot, 0) + 1  # coming back, nothing is selected
        open_run(study_id, place)


def _figures_digest(study: Study) -> int:
    return hash(study.outcomes)


def _picked(event: Any, count: int) -> int | None:
    """Place of the mark that was clicked; the browser's words, checked."""
    for point in (event or {}).get("selection", {}).get("points", [])[:1]:
        place = point.get("customdata")
        place = place[0] if isinstance(place, list) and place else place
        if isinstance(place, int | float) and not isinstance(place, bool) and 0 <= place < count:
            return int(place)
    return None


def open_run(study_id: str, place: int) -> None:
    """Opens a run of a study on the page Flow."""
    run_id = store().member_ids(study_id)[place]
    remember_run(run_id)
    st.switch_page(FLOW, query_params={RUN.name: run_id})


def runs_table(study_id: str, study: Study) -> None:
    """The runs in numbers, with what can be done with some of them, and the table as CSV."""
    rows = [{name: row[name] for name in _shown_columns(study)} for row in table(study)]
    for row in rows:
        row["minimiser"] = None if row["minimiser"] is None else row["minimiser"] + 1
    with st.expander("The runs in numbers"):
        chosen = st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            on_select="rerun",
            selection_mode="multi-row",
            key=f"study_runs_{study_id}",
            column_config={name: _column(rows, name) for name in rows[0]},
            placeholder="–",
            alt=f"One run in a row: {study_line(study)}.",
        )
        picked = [i for i in chosen["selection"]["rows"] if 0 <= i < len(rows)]
        with st.container(horizontal=True, vertical_alignment="center"):
            _actions(study_id, picked)
            st.download_button(
                "Download CSV",
                study_csv(study),
                f"{study_id}.csv",
                mime="text/csv",
                key=f"csv_{study_id}",
                on_click="ignore",
            )


def _shown_columns(study: Study) -> list[str]:
    """Columns that say something of a study of its kind."""
    hidden = {"branch", "moved", "jump"} if study.kind == "strip" else {"seed"}
    if all(outcome.curvature is None for outcome in study.outcomes):
        hidden |= {"curvature", "bound", "floor", "convexity"}
    if not ode_known(study):
        hidden |= {"ode_difference", "ode_test_error", "verdict", "substeps"}
    return [name for name in _HEADS if name not in hidden]


def _column(rows: list[dict[str, Any]], name: str) -> Any:
    head, words, config = _HEADS[name], COLUMNS.get(name), st.column_config
    if any(isinstance(row[name], float) for row in rows):
        return config.NumberColumn(head, help=words, format="%.4g")
    return config.Column(head, help=words)


def _actions(study_id: str, picked: list[int]) -> None:
    """What can be done with the rows that are selected."""
    if not picked:
        st.caption("Select rows to open, compare or examine their runs.")
        return
    run_ids = [store().member_ids(study_id)[place] for place in picked[:MOST_RUNS]]
    if st.button("Open in Flow", key=f"table_flow_{study_id}"):
        remember_run(run_ids[0])
        st.switch_page(FLOW, query_params={RUN.name: run_ids})
    one, several = run_ids[:1], len(run_ids) > 1
    views = {"Compare": ("compare", run_ids)} if several else {}
    views |= {"Convexity": ("convexity", one), "Landscape": ("landscape", one)}
    for word, (view, chosen) in views.items():
        st.button(word, key=f"table_{view}_{study_id}", on_click=_show, args=(view, chosen))
    if len(picked) > MOST_RUNS:
        st.caption(f"The first {MOST_RUNS} of {len(picked)} are taken.")


def _show(view: str, run_ids: list[str]) -> None:
    """Shows runs in another view of this page."""
    switch_view(PAGE, view)
    RUN.set(run_ids)
