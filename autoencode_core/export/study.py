"""A study as a file and as a picture, for workers and the command line."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.export.player_page import player_page
from autoencode_core.export.still import Kind, still
from autoencode_core.figures.regimes.continuation import continuation_figure, continuation_words
from autoencode_core.figures.regimes.strip import strip_figure, strip_words
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.multiples import multiples_scene, outcome_title
from autoencode_core.store.record import PATH, RunRecord
from autoencode_core.store.run_file import pack
from autoencode_core.store.study import Study, study_line
from autoencode_core.store.study_file import FEWEST_PARTICLES, USUAL_STUDY_BYTES, write_study

if TYPE_CHECKING:
    from autoencode_core.training.run import Run

_FEWEST_CONTROLS = 3


def study_bytes(study: Study, runs: "Sequence[Run]", room: int = USUAL_STUDY_BYTES) -> bytes:
    """A study that was just computed, as the bytes of its file.

    Args:
        study: its figures.
        runs: its runs, one per outcome and in their order.
        room: bytes before compression within which they are to stay; controls are kept whatever they take.
    """
    from autoencode_core.training.records import record_of  # lazy: it imports torch

    each, buffer = room // len(runs), io.BytesIO()
    write_study(buffer, study, (pack(fitted(record_of(run), each)) for run in runs))
    return buffer.getvalue()


def fitted(record: RunRecord, room: int) -> RunRecord:
    """A run of a study with as many particles, and controls on its way, as there is room for.

    Args:
        record: the run.
        room: bytes.
    """
    small = record.trimmed()
    sizes = [sum(array.nbytes for array in part.values()) for part in (small.weights, small.probe)]
    if sum(sizes) <= room:
        return small
    particles = int(len(small.probe["inputs"]) * room / 2 / sizes[1])
    small = record.trimmed(max(FEWEST_PARTICLES, particles), snapshots=2)
    weights = {key: array for key, array in small.weights.items() if key not in PATH}
    most = int(room / 2) // weights["control"].nbytes
    if PATH[0] in small.weights and most >= _FEWEST_CONTROLS:
        kept = np.unique(np.linspace(0, len(small.weights[PATH[0]]) - 1, most).round().astype(int))
        weights |= {key: small.weights[key][kept] for key in PATH}
    return replace(small, weights=weights)


def study_png(study: Study, dark: bool = False) -> bytes:
    """The figure of a study as a PNG file; as `study_still`."""
    return study_still(study, "png", dark)


def study_still(study: Study, kind: Kind, dark: bool = False) -> bytes:
    """The figure of a study as a file.

    Args:
        study: a strip or a continuation.
        kind: png, svg or pdf.
        dark: whether on a dark page.

    Raises:
        InputError: there is no browser that draws it.
    """
    figure, words = _FIGURES[study.kind]
    return still(figure(study, dark=dark), kind, dark, words=words(study))


_FIGURES = {
    "strip": (strip_figure, strip_words),
    "continuation": (continuation_figure, continuation_words),
}


def study_page(study: Study, records: Sequence[RunRecord], dark: bool = False) -> str:
    """The flows of a study's runs as one file: those with the lowest J at up to MOST_SHOWN λ, on one clock.

    Args:
        study: a strip or a continuation.
        records: its runs, one per outcome and in their order.
        dark: whether on a dark page.

    Raises:
        InputError: no run ended with finite numbers.
    """
    places = [place for weight in study.shown_weights if (place := study.best(weight)) is not None]
    if not places:
        raise InputError("study", study.name, "a study with a run that ended with finite numbers")
    titles = [outcome_title(study.outcomes[place]) for place in places]
    about = _FIGURES[study.kind][1](study)
    shown = [records[place] for place in places]
    scene = multiples_scene(shown, titles, "study", title=study.name or study_line(study), about=about)
    return player_page([encode(scene)], dark=dark)
