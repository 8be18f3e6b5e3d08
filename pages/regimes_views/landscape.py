"""Landscape: J on a line between two minimisers, or on a plane through one, for every λ at once."""

from typing import Any

import numpy as np
import streamlit as st

from autoencode_core.compare import one_landscape, substeps_words
from autoencode_core.export.study_csv import landscape_csv
from autoencode_core.figures.alt import about
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.landscape import line_scene, plane_scene
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.regimes import (
    CURVATURE,
    LANDSCAPE_LINE,
    LANDSCAPE_PLANE,
    LandscapeLine,
    LandscapePlane,
)
from autoencode_core.store.record import RunRecord
from pages.regimes_views.convexity import DIRECTIONS
from pages.regimes_views.studies import opening_runs
from pages.shared.answers import ask, note, told
from pages.shared.landscape import landscape
from pages.shared.linked import linked_choice
from pages.shared.run_menu import choose_runs, names_of, record_of
from pages.shared.setup import escape, guard, store, unusual
from pages.shared.words import regime, title

_KINDS = {
    "steepest": "Steepest plane",
    "flattest": "Flattest plane",
    "line": "Line to another minimiser",
    "minimisers": "Plane of three minimisers",
}
_NAMES = ("θ*", "second run", "third run")
_NEEDED = {"line": 1, "minimisers": 2}
_POINTS = {"line": 81, "plane": 41, "heavy plane": 21}
_HEAVY = 5e7
"""Parameters times particles from which a plane is taken with fewer points."""
_HELP = (
    "Steepest and flattest: the plane of the two eigenvectors of the data term's Hessian with the largest or "
    "the smallest eigenvalues. Line and three minimisers: through other runs of the same data and widths."
)


def landscape_view() -> None:
    """Draws the view."""
    runs = choose_runs(
        "landscape", "The run whose control θ* stands in the middle.", most=1, opening=opening_runs()[:1]
    )
    if not runs:
        st.info("Choose a run above to see J around its control.")
        return
    run_id, record = runs[0]
    st.caption(escape(regime(record.spec, record.substeps)))
    unusual(record)
    kind = linked_choice(
        st.segmented_control,
        "Cut",
        list(_KINDS),
        _opening(run_id, record),
        link="cut",
        format_func=_KINDS.__getitem__,
        key="landscape_kind",
        required=True,
        help=_HELP,
    )
    chosen = _others(run_id, record, kind) if kind in _NEEDED else []
    if chosen is None:
        return
    identity = " ".join((run_id, kind, *chosen))
    controls = [np.asarray(record_of(other).weights["control"], float) for other in chosen]
    drawn = (
        _line(record, controls[0], identity) if kind == "line" else _plane(record, kind, controls, identity)
    )
    if drawn is None:
        return
    answer, scene = drawn
    landscape("landscape", encode(scene), identity)
    note(answer)
    if words := substeps_words(record.substeps, [record_of(other).substeps for other in chosen]):
        st.caption(escape(words))
    with guard():
        _table(run_id, kind, answer)


def _opening(run_id: str, record: RunRecord) -> str:
    """The cut that tells most: through three minimisers of this λ where there are as many."""
    study_id, _, place = run_id.rpartition(".")
    if study_id not in {entry.study_id for entry in store().studies()}:
        return "steepest"
    study = store().study(study_id)
    found = {study.outcomes[i].minimiser for i in study.at(record.spec.weight)} - {None}
    own = study.outcomes[int(place)].minimiser
    return "minimisers" if own in found and len(found) > _NEEDED["minimisers"] else "steepest"


def _others(run_id: str, record: RunRecord, kind: str) -> list[str] | None:
    """The other minimisers, of the runs that live in the same space; None when there are too few."""
    needed, places = _NEEDED[kind], _neighbours(run_id, record)
    if len(places) < needed:
        st.info(
            "There are too few runs of the same data and architecture. Train a strip, and open one of its "
            "runs here: all runs of a strip whose seeds meet the same particles share one landscape."
        )
        return None
    chosen: list[str] = []
    for i, column in enumerate(st.columns(needed)):
        left = [other for other in places if other not in chosen]
        with column:
            found = st.selectbox(
                "The second run" if needed == 1 else ("The second run", "The third run")[i],
                left,
                format_func=places.__getitem__,
                key=f"landscape_other_{run_id}_{i}",
            )
        chosen.append(str(found))
    return chosen


def _neighbours(run_id: str, record: RunRecord) -> dict[str, str]:
    """Ids and names of the runs whose data term is the same function of the control.

    Those of its λ come first, and of these the highest J: what lies furthest from the best tells most.
    """
    own = [entry.run_id for entry in store().list() if entry.spec and one_landscape(entry.spec, record.spec)]
    study_id = run_id.rpartition(".")[0]
    with_it = store().member_ids(study_id) if study_id in {e.study_id for e in store().studies()} else []
    records = {other: record_of(other) for other in dict.fromkeys([*with_it, *own]) if other != run_id}
    found = {other: each.spec for other, each in records.items()}
    alike = [other for other, spec in found.items() if one_landscape(spec, record.spec)]
    costs = {other: records[other].history["cost"][-1] for other in alike}
    alike.sort(key=lambda other: (found[other].weight != record.spec.weight, -costs[other]))
    return names_of({other: found[other] for other in alike})


def _line(record: RunRecord, other: Floats, identity: str) -> tuple[LandscapeLine, Part] | None:
    """J on the line to another control (P,), None while it is not known."""
    asked = ask(LANDSCAPE_LINE, record, other=other, points=_POINTS["line"])
    answer = told(asked, "J on the line")
    if answer is None:
        return None
    return answer, line_scene(answer, record.spec.weight, identity, _NAMES[:2], **_named(record))


def _plane(
    record: RunRecord, kind: str, others: list[Floats], identity: str
) -> tuple[LandscapePlane, Part] | None:
    """J on the plane of a kind, perhaps through other controls (P,), None while it is not known."""
    more: dict[str, Any] = {"others": np.stack(others)} if others else {}
    if kind == "flattest":  # the directions of the view Convexity
        bends = told(ask(CURVATURE, record, count=DIRECTIONS), "The directions of lowest curvature")
        if bends is None:
            return None
        more = {"axes": bends["vectors"][:2], "values": bends["values"][:2]}
    heavy = len(record.weights["control"]) * record.spec.particles > _HEAVY
    points = _POINTS["heavy plane" if heavy else "plane"]
    answer = told(ask(LANDSCAPE_PLANE, record, kind=kind, points=points, **more), "J on the plane")
    if answer is None:
        return None
    names = _NAMES[: 1 + len(others)]
    return answer, plane_scene(answer, record.spec.weight, identity, kind, names, **_named(record))


def _named(record: RunRecord) -> Part:
    """What a saved landscape says of its run."""
    return {"title": record.name or title(record.spec), "about": about(record)}


def _table(run_id: str, kind: str, answer: LandscapeLine | LandscapePlane) -> None:
    st.download_button(
        "Download CSV",
        landscape_csv(answer),
        f"{run_id}-{kind}.csv",
        mime="text/csv",
        key="landscape_csv",
        on_click="ignore",
        help="Data term and ‖θ‖² at every point; J = data term + λ‖θ‖² for any λ.",
    )
