"""Numbers and specs as words."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import streamlit as st

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.regime import regime as regime
from autoencode_core.regime import weight
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Study
from autoencode_core.words import as_set, measured
from pages.shared import own_table


def number(value: float | None) -> str:
    """A number with four digits, a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else measured(value, 4)


def dataset(name: str) -> str:
    """A data set's title, or a person's own file as it was called; the file need not be there."""
    return CATALOGUE[name].title if name in CATALOGUE else own_table.labels([name])[name]


def title(spec: RunSpec) -> str:
    """What a run is called that has no name of its own."""
    task = "" if spec.task == "reconstruct" else f", {spec.task}"
    return f"{dataset(spec.dataset)}{task}, k = {spec.bottleneck}, λ {weight(spec)}, {spec.method}"


def setting(spec: RunSpec) -> str:
    """What the runs of a study share, in a line."""
    parts = [p for p in regime(spec).split(" · ") if not p.startswith(("λ ", "seed", "data of"))]
    return " · ".join([dataset(spec.dataset), *parts, f"N = {spec.particles}"])


def study_title(study: Study) -> str:
    """What a study is called that has no name of its own."""
    spec, weights = study.spec, study.weights
    span = " … ".join(as_set(weight, 2) for weight in dict.fromkeys([*weights[:1], *weights[-1:]]))
    seeds = len(study.seeds)
    many = (
        f"{len(weights)} weights, {seeds} seed{'s' * (seeds != 1)}"
        if study.kind == "strip"
        else "down and up"
    )
    return f"{dataset(spec.dataset)}, k = {spec.bottleneck}, λ = {span}, {many}"


def local_time(created: str) -> datetime | None:
    """Date and time in the visitor's time zone.

    Args:
        created: as stored, ISO; None comes back where it is none.
    """
    try:
        found = datetime.fromisoformat(created)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return found.astimezone(ZoneInfo(st.context.timezone or "UTC")).replace(tzinfo=None)
    except (KeyError, ValueError):
        return found.replace(tzinfo=None)
