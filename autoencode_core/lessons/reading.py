"""Reading lessons: front matter, Markdown and blocks, as the package's docstring describes them."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from autoencode_core.errors import InputError
from autoencode_core.home import ASSETS
from autoencode_core.lessons.lesson import Figure, Lesson, LessonQuestion, Part, Text, Try, Within

M = TypeVar("M", bound=BaseModel)

FOLDER = ASSETS / "lessons"
NOTE = ".lecturer.md"
"""What the file name of a lecturer's page ends in."""
MOST_BYTES = 200_000
_FILE = re.compile(r"(\d{2})_([a-z][a-z0-9_]*)\.md")
_OPENS = re.compile(r"::: *([a-z]+)\b(.*)")
_OPTION = re.compile(r"- ([a-z][a-z0-9_]*): (.+)")
_RULE = "---"
_CLOSES = ":::"


@cache
def lessons() -> Mapping[str, Lesson]:
    """All lessons by name, as they come.

    Raises:
        InputError: one cannot be read.
    """
    paths = sorted(path for path in FOLDER.glob("*.md") if _FILE.fullmatch(path.name))
    return {lesson.name: lesson for lesson in map(read_lesson, paths)}


def read_lesson(path: Path) -> Lesson:
    """The lesson of a file, NN_word.md, with its lecturer's page if it lies beside it.

    Raises:
        InputError: it cannot be read; names file, line and field, the value and what is allowed.
    """
    named = _FILE.fullmatch(path.name)
    if named is None:
        raise InputError("lesson", path.name, "a file named like 01_resnet_to_ode.md")
    note = path.with_name(path.name.removesuffix(".md") + NOTE)
    return parse(
        _text(path), path.name, int(named[1]), named[2], _text(note).strip() if note.is_file() else ""
    )


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(path.name, f"{size} bytes", f"at most {MOST_BYTES} bytes")
    return path.read_text(encoding="utf-8")


def parse(text: str, file: str, number: int, name: str, note: str = "") -> Lesson:
    """A lesson from its text.

    Args:
        text: of the file.
        file: its name, for what is said of mistakes.
        number: the lesson's place.
        name: its word.
        note: the lecturer's page.

    Raises:
        InputError: it is not of this format; names file, line and field, the value and what is allowed.
    """
    lines = text.splitlines()
    if len(text) > MOST_BYTES or not lines or lines[0] != _RULE or _RULE not in lines[1:]:
        _refuse(file, 1, "front matter", lines[0] if lines else "", "YAML between two lines of three dashes")
    end = lines.index(_RULE, 1)
    head = _front_matter("\n".join(lines[1:end]), file)
    body = _Reader(file, lines, end + 1)
    parts = body.parts()
    lesson = _made(Lesson, file, 2, {**head, "name": name, "number": number, "parts": parts, "note": note})
    body.check_names(lesson)
    return lesson


def _front_matter(text: str, file: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        _refuse(file, 1, "front matter", str(error).partition("\n")[0], "YAML")
    if not isinstance(found, dict) or {"name", "number", "parts", "note"} & set(found):
        _refuse(file, 1, "front matter", repr(found), "title, goal, minutes, runs and studies")
    return found


class _Reader:
    """The lines of a lesson one after the other."""

    def __init__(self, file: str, lines: list[str], at: int) -> None:
        self.file, self.lines, self.at = file, lines, at
        self.seen: list[tuple[int, Figure | LessonQuestion | Try]] = []

    def parts(self) -> tuple[Part, ...]:
        """Everything up to the end."""
        return tuple(
            self._split(None, {"figure": self._figure, "question": self._question, "try": self._try})
        )

    def check_names(self, lesson: Lesson) -> None:
        """Refuses names of runs and studies that the front matter does not give, and ids given twice."""
        ids: set[str] = set()
        for line, block in self.seen:
            for run in block.run:
                if run not in lesson.runs:
                    _refuse(
                        self.file, line, "run", run, f"one of {', '.join(lesson.runs) or 'runs: none there'}"
                    )
            if block.study and block.study not in lesson.studies:
                _refuse(
                    self.file, line, "study", block.study, f"one of {', '.join(lesson.studies) or 'none'}"
                )
            if isinstance(block, LessonQuestion):
                if block.id in ids:
                    _refuse(self.file, line, "id", block.id, "one that no other question of the lesson has")
                ids.add(block.id)

    def _split(self, opened: int | None, known: Mapping[str, Callable[[int, str], Any]]) -> Iterator[Any]:
        """Texts and blocks up to the line that closes what was opened on a line, or to the end."""
        text: list[str] = []
        while self.at < len(self.lines):
            line, number = self.lines[self.at].rstrip(), self.at + 1
            self.at += 1
            if line == _CLOSES and opened is not None:
                yield from _texts(text)
                return
            found = _OPENS.fullmatch(line)
            if found is None:
                if line.startswith(_CLOSES):
                    _refuse(self.file, number, "block", line, "::: and one of " + ", ".join(known))
                text.append(line)
                continue
            if found[1] not in known:
                _refuse(self.file, number, "block", found[1], f"one of {', '.join(known)} here")
            yield from _texts(text)
            text = []
            block = known[found[1]](number, found[2])
            self.seen.append((number, block))
            yield block
        if opened is not None:
            _refuse(self.file, opened, "block", self.lines[opened - 1], "a block that a line ::: closes")
        yield from _texts(text)

    def _plain(self, number: int) -> str:
        """The text of a block that holds no other."""
        return "\n\n".join(part.markdown for part in self._split(number, {}))

    def _figure(self, number: int, attributes: str) -> Figure:
        given = self._attributes(number, attributes, Figure)
        return _made(Figure, self.file, number, {**given, "caption": self._plain(number)})

    def _try(self, number: int, attributes: str) -> Try:
        given = self._attributes(number, attributes, Try)
        return _made(Try, self.file, number, {**given, "label": self._plain(number)})

    def _question(self, number: int, attributes: str) -> LessonQuestion:
        given = self._attributes(number, attributes, LessonQuestion)
        if "within" in given:
            given["within"] = self._within(number, given["within"])
        prompt, options = self._prompt(number)
        if options:
            given["options"] = options
        answer = tuple(self._split(number, {"figure": self._figure}))
        return _made(LessonQuestion, self.file, number, {**given, "prompt": prompt, "answer": answer})

    def _prompt(self, opened: int) -> tuple[str, dict[str, str]]:
        """The lines up to the rule; options are the last of them."""
        begin = self.at
        while self.at < len(self.lines) and self.lines[self.at].rstrip() != _RULE:
            if self.lines[self.at].startswith(_CLOSES):
                _refuse(
                    self.file, self.at + 1, "question", self.lines[self.at], "a line --- before its answer"
                )
            self.at += 1
        if self.at == len(self.lines):
            _refuse(self.file, opened, "question", "no line ---", "a line --- before its answer")
        lines = [line.rstrip() for line in self.lines[begin : self.at]]
        self.at += 1
        options: dict[str, str] = {}
        while lines and (not lines[-1] or _OPTION.fullmatch(lines[-1])):
            found = _OPTION.fullmatch(lines.pop())
            if found:
                options = {found[1]: found[2], **options}
        return "\n".join(lines).strip(), options

    def _attributes(self, number: int, text: str, kind: type[BaseModel]) -> dict[str, Any]:
        """Attributes of a block: those of its kind, and the others as its settings."""
        try:
            pairs = [word.partition("=") for word in shlex.split(text)]
        except ValueError as error:
            _refuse(self.file, number, "attributes", text.strip(), f"name=value, quotes closed ({error})")
        found: dict[str, Any] = {}
        for name, equals, value in pairs:
            if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in found:
                _refuse(
                    self.file, number, "attributes", f"{name}{equals}{value}", "name=value, each name once"
                )
            found[name] = value
        if "run" in found:
            found["run"] = tuple(found["run"].split(","))
        own = {"settings", "caption", "prompt", "answer", "options", "label"}
        known = {name: value for name, value in found.items() if name in set(kind.model_fields) - own}
        return {**known, "settings": {name: value for name, value in found.items() if name not in known}}

    def _within(self, number: int, text: str) -> Within:
        kinds = {"%": "share", "x": "factor"}
        kind = kinds.get(text[-1:], "amount")
        try:
            amount = float(text.rstrip("%x")) / (100 if kind == "share" else 1)
        except ValueError:
            _refuse(self.file, number, "within", text, "an amount (10), a share (20%) or a factor (2x)")
        return _made(Within, self.file, number, {"amount": amount, "kind": kind})


def _texts(lines: list[str]) -> list[Text]:
    text = "\n".join(lines).strip()
    return [Text(markdown=text)] if text else []


def _made(kind: type[M], file: str, line: int, values: Mapping[str, Any]) -> M:
    """A block or the lesson; what its model refuses is told with file and line."""
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "block"
        given = first["input"] if isinstance(first["input"], str | int | float) else "what stands there"
        _refuse(file, line, field, given, str(first["msg"]).removeprefix("Value error, "))


def _refuse(file: str, line: int, field: str, value: object, allowed: str) -> NoReturn:
    raise InputError(f"{file}, line {line}, {field}", value, allowed)
