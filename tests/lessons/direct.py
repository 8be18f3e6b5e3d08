"""Answers for lessons, computed here and now, and kept: no worker."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from autoencode_core.home import GALLERY
from autoencode_core.lessons.case import Case, case_of
from autoencode_core.lessons.lesson import Lesson, LessonQuestion
from autoencode_core.questions.question import Question
from autoencode_core.report import silent
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import run_of

STORE = RunStore("nowhere", gallery=GALLERY)
_KNOWN: dict[str, Any] = {}


def ask(question: Question[Any], record: RunRecord | Sequence[RunRecord], /, **arguments: Any) -> Any:
    """The answer to a question, as a worker computes it."""
    records = [record] if isinstance(record, RunRecord) else list(record)
    key = repr((question.name, [(each.created, each.spec) for each in records], sorted(arguments.items())))
    if key not in _KNOWN:
        module, name = question.home.split(":")
        runs = records if question.wants == "record" else [run_of(each) for each in records]
        subject = runs if question.wants == "runs" else runs[0]
        _KNOWN[key] = getattr(import_module(module), name)(subject, report=silent, **arguments)
    return _KNOWN[key]


def case(lesson: Lesson, question: LessonQuestion) -> Case:
    """The case of a question of a lesson, with the gallery's runs."""
    return case_of(lesson, question, STORE, ask)


def about(*run_ids: str, study: str = "", **settings: str) -> Case:
    """A case about runs of the gallery."""
    return Case(STORE, ask, run_ids, study, settings)
