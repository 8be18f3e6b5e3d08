"""Numbers and specs as words."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import streamlit as st

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.knobs import in_words
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.study import Study
from pages.shared import own_table


def number(value: float | None) -> str:
    """A number with four digits, a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"


def dataset(name: str) -> str:
    """A data set's title, or a person's own file as it was called; the file need not be there."""
    return CATALOGUE[name].title if name in CATALOGUE else own_table.labels([name])[name]


def title(spec: RunSpec) -> str:
    """What a run is called that has no name of its own."""
    task = "" if spec.task == "reconstruct" else f", {spec.task}"
    return f"{dataset(spec.dataset)}{task}, k = {spec.bottleneck}, λ {_weight(spec)}, {spec.method}"


def _weight(spec: RunSpec) -> str:
    """λ after its letter: "= 0.01", or that the data choose it."""
    said = in_words("tikhonov", spec.tikhonov)
    return said if spec.tikhonov == AUTO else f"= {said}"


def setting(spec: RunSpec) -> str:
    """What the runs of a study share, in a line."""
    parts = [p for p in regime(spec).split(" · ") if not p.startswith(("λ ", "seed", "data of"))]
    return " · ".join([dataset(spec.dataset), *parts, f"N = {spec.particles}"])


def regime(spec: RunSpec, substeps: int | None = None) -> str:
    """The knobs that say most, in a line.

    Args:
        spec: all knobs.
        substeps: sub-steps of the trained network, where they are known; those of the spec by default.
    """
    field = f"{spec.field.replace('_', ' ')} {spec.activation}"
    return (
        f"k = {spec.bottleneck} · L = {spec.depth} · T = {spec.horizon:g} · λ {_weight(spec)} · "
        f"{field} · {scheme(spec, substeps or spec.substeps)} · {spec.method} · seed {spec.seed}"
        + (f" · data of seed {spec.sample}" if spec.sample != spec.seed else "")
    )


def scheme(spec: RunSpec, substeps: int) -> str:
    """How a layer is integrated, in a word or two."""
    return SCHEMES[spec.scheme].title + (f" × {substeps}" if substeps > 1 else "")


def study_title(study: Study) -> str:
    """What a study is called that has no name of its own."""
    spec, weights = study.spec, study.weights
    span = " … ".join(f"{weight:.2g}" for weight in dict.fromkeys([*weights[:1], *weights[-1:]]))
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
