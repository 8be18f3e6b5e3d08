"""Case: what a picture, a check or a text of a lesson is about, and how it gets answers about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from autoencode_core.errors import InputError
from autoencode_core.lessons.lesson import Figure, Lesson, LessonQuestion, Try
from autoencode_core.questions.question import A, Question
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Study


class NotYet(Exception):
    """An answer that a lesson needs is still being computed, or cannot be had; the page says which."""


class Store(Protocol):
    """Where runs and studies come from; a RunStore is one."""

    def record(self, run_id: str) -> RunRecord:
        """The run of an id; raises InputError where there is none."""

    def study(self, study_id: str) -> Study:
        """The study of an id; raises InputError where there is none."""

    def member_ids(self, study_id: str) -> list[str]:
        """Ids of the runs of a study, in the order of its outcomes."""


class Ask(Protocol):
    """Puts a question about runs; raises NotYet where there is no answer yet."""

    def __call__(
        self, question: Question[A], record: RunRecord | Sequence[RunRecord], /, **arguments: Any
    ) -> A:
        """The answer."""


@dataclass(frozen=True)
class Case:
    """One block of a lesson with the runs that it is about.

    Attributes:
        store: where they come from.
        ask: puts questions about them.
        run_ids: of its runs.
        study_id: of its study, "" without.
        settings: further attributes of the block.
        dark: whether pictures are for a dark page.
    """

    store: Store
    ask: Ask
    run_ids: tuple[str, ...] = ()
    study_id: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    dark: bool = False

    @property
    def records(self) -> list[RunRecord]:
        """Its runs."""
        return [self.store.record(run_id) for run_id in self.run_ids]

    @property
    def record(self) -> RunRecord:
        """Its run, the first of several.

        Raises:
            InputError: the block names none.
        """
        if not self.run_ids:
            raise InputError("run", "", "a name of the front matter's runs")
        return self.store.record(self.run_ids[0])

    @property
    def study(self) -> Study:
        """Its study.

        Raises:
            InputError: the block names none.
        """
        if not self.study_id:
            raise InputError("study", "", "a name of the front matter's studies")
        return self.store.study(self.study_id)

    def member(self, place: int) -> RunRecord:
        """A run of its study, by its place among the outcomes."""
        return self.store.record(self.store.member_ids(self.study_id)[place])

    def number(self, name: str, default: float) -> float:
        """A setting as a number.

        Raises:
            InputError: it is none.
        """
        text = self.settings.get(name)
        try:
            return default if text is None else float(text)
        except ValueError:
            raise InputError(name, text, "a number") from None


def case_of(
    lesson: Lesson, block: Figure | LessonQuestion | Try, store: Store, ask: Ask, *, dark: bool = False
) -> Case:
    """The case of a block of a lesson."""
    return Case(
        store,
        ask,
        tuple(lesson.runs[name] for name in block.run),
        lesson.studies.get(block.study, ""),
        block.settings,
        dark,
    )
