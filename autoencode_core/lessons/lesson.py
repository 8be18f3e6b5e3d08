"""Lesson: a lesson as it was read, its texts, figures, questions and ways into the app."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
Settings = Mapping[str, str]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Read):
    """Markdown with formulas and with numbers of runs still to be filled in (wording.filled)."""

    markdown: str


class _OfRuns(_Read):
    """What is about runs or a study of the front matter, by their names there, with settings of its own."""

    run: tuple[str, ...] = ()
    study: str = ""
    settings: Settings = {}


class Figure(_OfRuns):
    """A picture of a kind of pictures.PICTURES, and what to look at."""

    kind: str = Name
    caption: str = ""


class Try(_OfRuns):
    """A way to a page of the app; settings are entries of its link."""

    page: str = Name
    label: str = Field(min_length=1)


class Within(_Read):
    """How far a guess may be off: by an amount, by a share of the truth, or by a factor."""

    amount: float = Field(gt=0)
    kind: Literal["amount", "share", "factor"] = "amount"


class LessonQuestion(_OfRuns):
    """A question that is predicted first and revealed then; its truth is computed from the run.

    Attributes:
        id: its name in the lesson.
        check: of checks.CHECKS: what computes the truth.
        min: lowest value of a number.
        max: highest one.
        step: between two values, of a logarithmic scale: values a decade.
        scale: of the slider.
        unit: of a number.
        within: how far right may be off, of numbers and marks.
        options: of a choice, what they say by their words.
        picture: of a mark, the kind of picture that it is put on.
        prompt: what is asked.
        answer: what is said afterwards.
    """

    id: str = Name
    kind: Literal["number", "choice", "mark"]
    check: str = Name
    min: float | None = None
    max: float | None = None
    step: float | None = Field(default=None, gt=0)
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""
    within: Within | None = None
    options: Mapping[str, str] = {}
    picture: str = ""
    prompt: str = Field(min_length=1)
    answer: tuple[Text | Figure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "LessonQuestion":
        if self.kind == "number":
            if self.min is None or self.max is None or self.step is None or not self.min < self.max:
                raise ValueError("a number needs min, max (above it) and step")
            if self.scale == "log" and self.min <= 0:
                raise ValueError("a logarithmic scale needs min above 0")
        if self.kind == "choice" and len(self.options) < 2:
            raise ValueError("a choice needs two options, the last lines of its prompt: - word: text")
        if self.kind == "mark" and not self.picture:
            raise ValueError("a mark needs picture=KIND")
        if (self.kind == "choice") != (self.within is None):
            raise ValueError("numbers and marks need within=…, a choice has none")
        return self


Part = Text | Figure | LessonQuestion | Try


class Lesson(_Read):
    """A lesson.

    Attributes:
        name: its word, in the link and in the name of its file.
        number: its place.
        title: its title.
        goal: what one knows afterwards, a sentence.
        minutes: that it takes.
        runs: ids of runs by the names that it gives them.
        studies: ids of studies likewise.
        parts: what it consists of.
        note: the lecturer's page, Markdown.
    """

    name: str = Name
    number: int = Field(ge=1, le=99)
    title: str = Field(min_length=1, max_length=80)
    goal: str = Field(min_length=1, max_length=300)
    minutes: int = Field(ge=1, le=60)
    runs: Mapping[str, str] = {}
    studies: Mapping[str, str] = {}
    parts: tuple[Part, ...] = ()
    note: str = ""

    @property
    def questions(self) -> tuple[LessonQuestion, ...]:
        """Its questions, as they come."""
        return tuple(part for part in self.parts if isinstance(part, LessonQuestion))

    @property
    def figures(self) -> Iterator[Figure]:
        """Its figures, those of answers too."""
        for part in self.parts:
            yield from (part,) if isinstance(part, Figure) else ()
            if isinstance(part, LessonQuestion):
                yield from (shown for shown in part.answer if isinstance(shown, Figure))
