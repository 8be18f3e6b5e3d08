"""What the tests of pages share: a store in a fresh folder, and answers that are computed at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.desk.answers import Answer, fingerprint
from autoencode_core.errors import InputError
from autoencode_core.questions.question import Question
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.training.records import run_of
from autoencode_core.training.selection import train
from pages.shared import answers as shared_answers
from pages.shared import setup

COMPUTED: dict[str, Answer] = {}
"""Answers by what was asked of which content: many tests open the same runs of the gallery."""


class AnswersAtOnce:
    """Computes a question in this process when it is asked; `hold` keeps those of some names waiting,
    and those that are not `unknown` count as asked before.

    What was once computed about the same content is not computed again.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.hold: set[str] = set()
        self.unknown: set[str] = set()
        self.cancelled: list[str] = []
        self._known: dict[str, Answer] = {}

    def ask(
        self,
        question: Question[Any],
        record: RunRecord | Sequence[RunRecord],
        owner: str = "",
        **arguments: Any,
    ) -> str:
        records = [record] if isinstance(record, RunRecord) else record
        about = [(each.created, each.spec) for each in records]
        text = repr((question.name, about, sorted(arguments.items(), key=lambda item: item[0])))
        answer_id = hashlib.sha256(text.encode()).hexdigest()[:16]
        if answer_id not in self._known:
            self.asked.append((question.name, arguments))
            self._known[answer_id] = (
                Answer("running", 0.25, "half way")
                if question.name in self.hold
                else self._compute(question, records, arguments)
            )
        return answer_id

    def _compute(
        self, question: Question[Any], records: Sequence[RunRecord], arguments: Mapping[str, Any]
    ) -> Answer:
        # A file may change between two questions.
        if not all(each.spec.dataset in CATALOGUE for each in records):
            return self._computed(question, records, arguments)
        unnamed = {} if question.wants == "record" else {"name": "", "created": ""}
        about = [
            {**vars(each), "spec": each.spec.model_dump_json(), "choice": None, **unnamed} for each in records
        ]
        key = fingerprint([question.home, arguments, about])
        if key not in COMPUTED:
            COMPUTED[key] = self._computed(question, records, arguments)
        return COMPUTED[key]

    def _computed(
        self, question: Question[Any], records: Sequence[RunRecord], arguments: Mapping[str, Any]
    ) -> Answer:
        module, name = question.home.split(":")
        subject: Any = records[0] if question.wants == "record" else [run_of(record) for record in records]
        subject = subject[0] if question.wants == "run" else subject
        try:
            value = getattr(import_module(module), name)(subject, report=lambda *_: None, **arguments)
        except InputError as error:
            return Answer("failed", message=str(error))
        return Answer("done", 1.0, value=value)

    def knows(self, question: Question[Any], *_: Any, **__: Any) -> bool:
        return question.name not in self.unknown

    def look(self, answer_id: str) -> Answer:
        return self._known[answer_id]

    def wait(self, answer_id: str, seconds: float, hurried: bool = False) -> Answer:
        return self._known[answer_id]

    def forget(self, answer_id: str) -> None:
        self._known.pop(answer_id, None)

    def cancel(self, answer_id: str) -> None:
        self.cancelled.append(answer_id)
        self._known[answer_id] = Answer("cancelled")


@pytest.fixture
def without_path(answers) -> str:
    """The id of a run as they were stored before runs kept the controls along their training."""
    spec = RunSpec(dataset="moons", particles=40, depth=4, iterations=3, field="single_layer")
    return setup.store().save(replace(train(spec), path=None))


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Answers computed at once, and a store in a fresh folder (setup.store())."""
    found = AnswersAtOnce()
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(shared_answers, "answers", lambda: found)
    setup.store.clear()
    yield found
    setup.store.clear()
