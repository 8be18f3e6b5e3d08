"""The pictures of lessons by kind: scenes and figures that the pages show too, on a page and in a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import codes, flow_states
from autoencode_core.figures.control.along import along_figure
from autoencode_core.figures.control.iteration import maximise_figure
from autoencode_core.figures.control.maximality import maximality_path_figure
from autoencode_core.figures.lessons.pca import variances_figure, variances_words
from autoencode_core.figures.lessons.reach import reach_figure, reach_words
from autoencode_core.figures.lessons.scatter import scatter_figure, scatter_words
from autoencode_core.figures.mean_field.doubled import doubled_figure
from autoencode_core.figures.mean_field.push import push_figure, push_words
from autoencode_core.figures.ode_limit.depth import depth_figure
from autoencode_core.figures.ode_limit.geometry import geometry_figure
from autoencode_core.figures.ode_limit.steps import Quantity, steps_figure
from autoencode_core.figures.regimes.continuation import continuation_figure, continuation_words
from autoencode_core.figures.regimes.strip import strip_figure, strip_words
from autoencode_core.figures.run.pictures import Name, picture, words
from autoencode_core.figures.run.turned_off import turned_off_figure, turned_off_words
from autoencode_core.figures.scenes.bottleneck import bottleneck_scene
from autoencode_core.figures.scenes.costates import costates_scene
from autoencode_core.figures.scenes.decode import decode_scene
from autoencode_core.figures.scenes.doubled import doubled_scene
from autoencode_core.figures.scenes.flow import colours_of, error_range, flow_scene
from autoencode_core.figures.scenes.inputs import inputs_scene
from autoencode_core.figures.scenes.landscape import plane_scene
from autoencode_core.figures.scenes.multiples import multiples_scene, outcome_title
from autoencode_core.figures.scenes.parts import Part, clock_place, flow_timeline, layer, scene, within
from autoencode_core.figures.scenes.pca import pca_scene
from autoencode_core.figures.scenes.pictures import curves_panes, shown_particles
from autoencode_core.figures.scenes.plane import code_ranges, plain_plane
from autoencode_core.figures.scenes.push import push_scene
from autoencode_core.figures.scenes.training import training_scene
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.checks.measures import asked_doubled, asked_push
from autoencode_core.questions.control import (
    ALONG,
    COSTATES,
    HAMILTONIAN,
    ITERATION,
    LOCAL_MAXIMALITY,
    MAXIMALITY_PATH,
)
from autoencode_core.questions.latent import DECODED_GRID
from autoencode_core.questions.lessons import SCATTER
from autoencode_core.questions.ode_limit import DEPTH, GEOMETRY, STEPS
from autoencode_core.questions.regimes import LANDSCAPE_PLANE

_POINTS = {1: 200, 2: 21}
_PLANE_POINTS = 41
CURVES = 8
"""Particles whose component is drawn against t."""


@dataclass(frozen=True)
class Picture:
    """A picture: a scene of the player or of the landscape, or a Plotly figure.

    Attributes:
        scene: header and panes, None for a figure.
        figure: None for a scene.
        alt: what it shows, in words.
        shown_by: what shows a scene.
    """

    scene: Part | None = None
    figure: go.Figure | None = None
    alt: str = ""
    shown_by: Literal["player", "landscape"] = "player"


def pictures(kind: str, case: Case, identity: str) -> list[Picture]:
    """The pictures of a kind, one or, for several runs, one each.

    Args:
        kind: of PICTURES.
        case: what they are about.
        identity: a name for what is shown, so that time and camera stay.

    Raises:
        InputError: there is no such kind, or the run cannot be shown so.
        NotYet: an answer that it needs is not there yet.
    """
    if kind not in PICTURES:
        raise InputError("kind", kind, f"one of {', '.join(PICTURES)}")
    return PICTURES[kind](case, identity)


def marked(drawn: Part, guess: tuple[float, ...] | None, truths: list[tuple[float, ...]]) -> Part:
    """A scene whose first pane shows a guessed place, and the right ones once they may be seen."""
    first, *others = drawn["panes"]
    pane = {**first, "points": [*first["points"]], "layers": [*first["layers"]]}
    found = [
        ("guess", "now", [guess] if guess else [], "your guess"),
        ("truth", "target", truths, "the truth"),
    ]
    for name, role, places, word in found:
        if places:
            at = within(pane, np.asarray(places, float))
            pane["points"].append(
                {"name": name, "role": role, "positions": at, "words": [word] * len(places)}
            )
            pane["layers"].append(layer(name, True, word))
    return {**drawn, "panes": [pane, *others]}


def _one(drawn: Part) -> list[Picture]:
    return [Picture(scene=drawn, alt=str(drawn["alt"]))]


def _drawn(figure: go.Figure, alt: str) -> list[Picture]:
    return [Picture(figure=figure, alt=alt)]


# ---- of a run's own numbers


def _player(case: Case, identity: str) -> list[Picture]:
    records, found = case.records, list[Picture]()
    several = len(records) > 1
    shared = error_range(records) if several else None
    for i, record in enumerate(records):
        settings: dict[str, Any] = {"start": _start(case), "clock": identity if several else ""}
        settings |= {"height": 340 if several else 380, "errors_within": shared}
        found += _one(flow_scene(record, f"{identity} {i}", beside=not several, **settings))
    return found


def _start(case: Case) -> float | None:
    """The clock's place for the setting t, None without."""
    horizon = case.record.spec.horizon
    t = case.number("t", -1.0)
    return clock_place(t, horizon) if 0 <= t <= horizon else None


def _of_run(name: Name) -> Callable[[Case, str], list[Picture]]:
    return lambda case, _: _drawn(picture(case.record, name, dark=case.dark), words(case.record, name))


def _inputs(case: Case, identity: str) -> list[Picture]:
    return _one(inputs_scene(case.record, identity))


def _training(case: Case, identity: str) -> list[Picture]:
    return _one(training_scene(case.record, identity))


def _component(case: Case, identity: str) -> list[Picture]:
    """One component (setting `component`, from 1) of some particles against t."""
    record, wanted = case.record, int(case.number("component", 1))
    width = flow_states(record).shape[2]
    panes = curves_panes(record, shown_particles(record, (), CURVES).tolist(), width)
    alt = f"Component {wanted} of {CURVES} particles against flow time."
    settings = {
        "alt": alt,
        "timeline": flow_timeline(record),
        "n": flow_states(record).shape[1],
        "height": 240,
        "start": _start(case),
        "colours": colours_of(record),
    }
    chosen = panes[min(max(wanted, 1), width) - 1]
    return _one(scene(identity, [chosen], **settings))


def _turned_off(case: Case, _: str) -> list[Picture]:
    return _drawn(turned_off_figure(case.record, dark=case.dark), turned_off_words(case.record))


# ---- with an answer


def _steps(name: Quantity, alt: str) -> Callable[[Case, str], list[Picture]]:
    return lambda case, _: _drawn(steps_figure(case.ask(STEPS, case.record), name, dark=case.dark), alt)


def _geometry(case: Case, _: str) -> list[Picture]:
    alt = "Along flow time: volume, singular values of each layer's step, folds, and stretching."
    return _drawn(geometry_figure(case.ask(GEOMETRY, case.record), dark=case.dark), alt)


def _depth(case: Case, _: str) -> list[Picture]:
    answer = case.ask(DEPTH, case.record)
    alt = "What becomes of the run as its layers are halved and it is trained on."
    return _drawn(depth_figure(answer, "cost", dark=case.dark), alt)


def _along(case: Case, _: str) -> list[Picture]:
    record = case.record
    figure = along_figure(
        case.ask(ALONG, record),
        case.ask(HAMILTONIAN, record),
        case.ask(LOCAL_MAXIMALITY, record, share=case.number("share", 0.1)),
        decoder=record.spec.task != "classify",
        dark=case.dark,
    )
    alt = "Against flow time t: the control, its size, the speed, the Hamiltonian, the gradient, and R."
    return _drawn(figure, alt)


def _maximality(case: Case, _: str) -> list[Picture]:
    answer = case.ask(MAXIMALITY_PATH, case.record, share=case.number("share", 0.1))
    alt = "R of every layer as a heat map over iterations; below it its sum and the gradient's norm."
    return _drawn(maximality_path_figure(answer, dark=case.dark), alt)


def _costates(case: Case, identity: str) -> list[Picture]:
    answer = case.ask(COSTATES, case.record)
    length = case.number("length", 1.0)
    return _one(costates_scene(case.record, identity, answer, length, start=_start(case)))


def _sheet(case: Case, identity: str) -> list[Picture]:
    """The codes, and all that the decoder can make of any code."""
    record, k = case.record, case.record.spec.bottleneck
    z = codes(record)
    grid = None
    if k in _POINTS and record.spec.task != "classify":
        low, high = code_ranges(z).T
        grid = case.ask(DECODED_GRID, record, low=low, high=high, points=_POINTS[k])
    return _one(decode_scene(record, identity, plain_plane(z), None, grid))


# ---- of one lesson


def _bottleneck(case: Case, identity: str) -> list[Picture]:
    """T/2 before the projection; a place may be named there."""
    return _one(bottleneck_scene(case.record, identity, places=True))


def _both_sides(case: Case, identity: str) -> list[Picture]:
    """T/2 before and after the projection."""
    return _one(bottleneck_scene(case.record, identity, after=True))


def _marked_input(case: Case, identity: str) -> list[Picture]:
    return _one(pca_scene(case.record, identity))


def _pca(case: Case, identity: str) -> list[Picture]:
    return _one(pca_scene(case.record, identity, rebuilt=True))


def _variances(case: Case, _: str) -> list[Picture]:
    return _drawn(variances_figure(case.record, dark=case.dark), variances_words(case.record))


def _reach(case: Case, _: str) -> list[Picture]:
    return [
        Picture(figure=reach_figure(record, dark=case.dark), alt=reach_words(record))
        for record in case.records
    ]


def _first_step(case: Case, _: str) -> list[Picture]:
    """How far the first iteration of the training moves the control of each layer."""
    answer = case.ask(ITERATION, case.record, iteration=0)
    alt = "How far the first iteration moves the control of each layer."
    return _drawn(maximise_figure(answer, "move", dark=case.dark), alt)


def _scatter(case: Case, _: str) -> list[Picture]:
    answer = case.ask(SCATTER, case.record)
    return _drawn(scatter_figure(answer, dark=case.dark), scatter_words(answer))


def _push(case: Case, identity: str) -> list[Picture]:
    return _one(push_scene(case.record, asked_push(case.ask, case.record), identity, start=_start(case)))


def _cells(case: Case, _: str) -> list[Picture]:
    answer = asked_push(case.ask, case.record)
    return _drawn(push_figure(answer, case.record, dark=case.dark), push_words(answer))


def _doubled(case: Case, identity: str) -> list[Picture]:
    answer = asked_doubled(case.ask, case.record)
    return _one(doubled_scene(case.record, answer, identity, start=_start(case)))


def _ways(case: Case, _: str) -> list[Picture]:
    alt = "The longest way of a particle in each layer, and over which the projection moves one at T/2."
    return _drawn(doubled_figure(asked_doubled(case.ask, case.record), dark=case.dark), alt)


# ---- of studies


def _strip(case: Case, _: str) -> list[Picture]:
    study = case.study
    return _drawn(strip_figure(study, dark=case.dark, stacked=True), strip_words(study))


def _continuation(case: Case, _: str) -> list[Picture]:
    study = case.study
    return _drawn(continuation_figure(study, dark=case.dark, stacked=True), continuation_words(study))


def _multiples(case: Case, identity: str) -> list[Picture]:
    """The best flow at each of up to eight weights, on one clock."""
    study = case.study
    places = [best for weight in study.shown_weights if (best := study.best(weight)) is not None]
    titles = [outcome_title(study.outcomes[place]) for place in places]
    return _one(multiples_scene([case.member(place) for place in places], titles, identity))


def _minimisers(case: Case, identity: str) -> list[Picture]:
    """J on the plane through the controls of three runs that live in one landscape."""
    first, *others = case.records
    if len(others) != 2:
        raise InputError("run", ",".join(case.run_ids), "three runs of one study")
    controls = np.stack([np.asarray(other.weights["control"], float) for other in others])
    points = int(case.number("points", _PLANE_POINTS))
    answer = case.ask(LANDSCAPE_PLANE, first, kind="minimisers", points=points, others=controls)
    names = ["A", "B", "C"]
    drawn = plane_scene(answer, first.spec.weight, identity, "minimisers", names)
    return [Picture(scene=drawn, alt=str(drawn["alt"]), shown_by="landscape")]


PICTURES: Mapping[str, Callable[[Case, str], list[Picture]]] = {
    "player": _player,
    "inputs": _inputs,
    "history": _of_run("history"),
    "reconstruction": _of_run("reconstruction"),
    "errors": _of_run("errors"),
    "training": _training,
    "component": _component,
    "turned_off": _turned_off,
    "steps": _steps("difference", "Distance of the outputs to those of the ODE against the step size."),
    "steps_error": _steps("error", "Mean squared error of the outputs against the step size."),
    "geometry": _geometry,
    "depth": _depth,
    "along": _along,
    "maximality": _maximality,
    "costates": _costates,
    "sheet": _sheet,
    "bottleneck": _bottleneck,
    "both_sides": _both_sides,
    "marked_input": _marked_input,
    "pca": _pca,
    "variances": _variances,
    "reach": _reach,
    "first_step": _first_step,
    "scatter": _scatter,
    "push": _push,
    "cells": _cells,
    "doubled": _doubled,
    "ways": _ways,
    "strip": _strip,
    "continuation": _continuation,
    "multiples": _multiples,
    "minimisers": _minimisers,
}
"""What draws each kind of picture, from the case and a name for what is shown."""
