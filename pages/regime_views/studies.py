"""What the views of studies share: which study is shown, its training, its runs, its table."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.multiples import live_multiples
from autoencode_core.figures.wire import encode
from autoencode_core.runs.study_csv import study_csv
from autoencode_core.study import COLUMNS, Kind, Study, study_line, table
from pages.regime_views.plan import plan_form
from pages.shared.choose import MOST_RUNS, look_at
from pages.shared.live import RUNNING
from pages.shared.player import player
from pages.shared.regime_curves import live_strip
from pages.shared.setup import complain, dark, escape, guard, jobs, store

if TYPE_CHECKING:
    from autoencode_core.runs.study_job import StudyStatus

FLOW = "pages/flow.py"
VIEW = "view"
"""Where the link and the session keep which view of the page is shown."""
_REFRESH_SECONDS = 0.4


def study_shown(kind: Kind) -> tuple[str, Study] | None:
    """The study of the link or of the menu, below it the form for another one; None while one trains.

    Args:
        kind: of the study.
    """
    if _training(kind):
        return None
    chosen = _menu(kind)
    plan_form(kind, opened=chosen is None)
    return chosen


# ---- one that trains


def _training(kind: Kind) -> bool:
    """Shows the job of the link; one that has ended gives way to its study."""
    job_id = st.query_params.get("job", "")
    if not job_id:
        _others(kind)
        return False
    try:
        status = jobs().study_status(job_id)
    except InputError:
        st.info("The job in the link is not known here any more. If it ended, its study is in the menu.")
        st.query_params.pop("job", None)
        return False
    if status.plan.kind != kind:
        return False
    if status.state in RUNNING:
        st.fragment(_watch, run_every=_REFRESH_SECONDS)(job_id)
        return True
    st.query_params.pop("job", None)
    if status.study_id:
        st.query_params["study"] = status.study_id
    if status.message:
        (st.warning if status.state == "failed" else st.info)(escape(status.message))
    return False


def _others(kind: Kind) -> None:
    """Studies that train now and are not on screen."""
    for status in jobs().studies():
        if status.state in RUNNING and status.plan.kind == kind:
            words = f"Watch the {len(status.latest)} runs that train now"
            if st.button(words, key=f"watch_{status.job_id}", type="tertiary"):
                st.query_params["job"] = status.job_id
                st.rerun()


@guard()
def _watch(job_id: str) -> None:
    status = jobs().study_status(job_id)
    if status.state not in RUNNING:
        st.rerun()
    bar, button = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(status.share, text=_progress(status))
    button.button(
        "Stop",
        key=f"stop_{job_id}",
        on_click=_stop,
        args=(job_id,),
        disabled=status.state == "stopping",
        width="stretch",
        help="Ends after the iteration that is under way. What is trained by then is kept.",
    )
    if any(row is not None for row in status.latest):
        live_strip(status.latest, status.plan, f"live_{job_id}")
    shot = jobs().snapshot(job_id)
    if shot is not None:
        places = status.plan.places()
        shown = [places[i] for i in shot["regimes"]]
        titles = [f"λ = {place.tikhonov:.2g} {place.branch}".rstrip() for place in shown]
        scene = live_multiples(job_id, shot, titles, status.plan.spec)
        player(f"multiples_{job_id}", encode(scene), job_id)


def _progress(status: "StudyStatus") -> str:
    if status.message:
        return escape(status.message)
    begun = sum(row is not None for row in status.latest)
    return f"{begun} of {len(status.latest)} runs begun, {status.share:.0%} of the iterations done"


def _stop(job_id: str) -> None:
    with suppress(InputError):  # it is gone already
        jobs().stop(job_id)


# ---- which one


def _menu(kind: Kind) -> tuple[str, Study] | None:
    """A menu of the stored studies of a kind; the choice is in the link as study=…."""
    known = {e.study_id: e for e in store().studies() if e.study is not None and e.study.kind == kind}
    widget, asked = f"{kind}_study", st.query_params.get("study", "")
    if asked and asked not in known:
        if all(entry.study_id != asked for entry in store().studies()):
            complain(InputError("study", asked, "one of the stored studies"))
        st.query_params.pop("study", None)
    elif asked and st.session_state.get(f"{widget}_link") != asked:
        st.session_state[widget] = asked
    if not known:
        st.info("No study of this kind is stored yet. Train one below.")
        return None
    if st.session_state.get(widget) not in known:
        st.session_state[widget] = next(iter(known))
    names = {study_id: entry.name or entry.summary for study_id, entry in known.items()}
    chosen = st.selectbox(
        "Study",
        list(known),
        format_func=names.__getitem__,
        key=widget,
        persist_state="session",
        help="What was trained, newest first; those of the gallery come last.",
    )
    st.query_params["study"] = st.session_state[f"{widget}_link"] = chosen
    study = known[chosen].study
    return None if study is None else (chosen, study)


def opening_runs() -> list[str]:
    """Two runs to begin with where none is asked for: of one seed of the first strip at low and at high λ."""
    strips = [e for e in store().studies() if e.study is not None and e.study.kind == "strip"]
    shown = st.session_state.get("strip_study")
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
    key = f"{name}_{study_id}_{st.session_state.get(slot, 0)}"
    figure = _drawn(study_id, name, dark(), _figures_digest(study), study, draw)
    event = st.plotly_chart(
        figure,
        theme=None,
        key=key,
        alt=words,
        on_select="rerun",
        selection_mode="points",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d"],
            "toImageButtonOptions": {"filename": f"{study_id}-{name}", "scale": 2},
        },
    )
    place = _picked(event, len(study.outcomes))
    if place is not None:
        st.session_state[slot] = st.session_state.get(slot, 0) + 1  # coming back, nothing is selected
        open_run(study_id, place)


def _figures_digest(study: Study) -> int:
    return hash(study.outcomes)


@st.cache_data(max_entries=32, show_spinner=False)
def _drawn(
    study_id: str, name: str, dark: bool, digest: int, _study: Study, _draw: Callable[..., go.Figure]
) -> go.Figure:
    return _draw(_study, dark=dark)


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
    look_at(run_id)
    st.switch_page(FLOW, query_params={"run": run_id})


def runs_table(study_id: str, study: Study) -> None:
    """The runs in numbers, with what can be done with some of them, and the table as CSV."""
    rows = table(study)
    with st.expander("The runs in numbers"):
        chosen = st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            on_select="rerun",
            selection_mode="multi-row",
            key=f"table_{study_id}",
            column_config={name: _column(rows, name, words) for name, words in COLUMNS.items()},
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


def _column(rows: list[dict[str, Any]], name: str, words: str) -> Any:
    number = any(isinstance(row[name], float) for row in rows)
    return (
        st.column_config.NumberColumn(help=words, format="%.4g")
        if number
        else st.column_config.Column(help=words)
    )


def _actions(study_id: str, picked: list[int]) -> None:
    """What can be done with the rows that are selected."""
    if not picked:
        st.caption("Select rows to open, compare or examine their runs.")
        return
    run_ids = [store().member_ids(study_id)[place] for place in picked[:MOST_RUNS]]
    if st.button("Open in Flow", key=f"table_flow_{study_id}"):
        look_at(run_ids[0])
        st.switch_page(FLOW, query_params={"run": run_ids})
    one, several = run_ids[:1], len(run_ids) > 1
    views = {"Compare": ("compare", run_ids)} if several else {}
    views |= {"Convexity": ("convexity", one), "Landscape": ("landscape", one)}
    for word, (view, chosen) in views.items():
        st.button(word, key=f"table_{view}_{study_id}", on_click=_show, args=(view, chosen))
    if len(picked) > MOST_RUNS:
        st.caption(f"The first {MOST_RUNS} of {len(picked)} are taken.")


def _show(view: str, run_ids: list[str]) -> None:
    """Shows runs in another view of this page."""
    st.session_state[VIEW] = view
    st.query_params[VIEW] = view
    st.query_params["run"] = run_ids
