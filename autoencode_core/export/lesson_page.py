"""A lesson as one file, without a server or a network: text, formulas, pictures that move, questions."""

import base64
import html
import re
from functools import cache
from typing import Any

import plotly.offline
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autoencode_core.export.bundle import bundle
from autoencode_core.export.player_page import colours, script_json
from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.home import ASSETS
from autoencode_core.lessons.case import Ask, Case, Store, case_of
from autoencode_core.lessons.checks import truth_of
from autoencode_core.lessons.judging import allowed_words, true_words
from autoencode_core.lessons.lesson import Figure, Lesson, LessonQuestion, Text
from autoencode_core.lessons.pictures import Picture, marked, pictures
from autoencode_core.lessons.scales import number_values, place_values
from autoencode_core.lessons.wording import filled

_GUESS, _TRUTH = "\u2045guess\u2046", "\u2045truth\u2046"
"""Where the file itself puts what was guessed, and of a mark the place nearest to it."""
_WITHIN_THE_APP = re.compile(r'<a href="(?!https?:|#)[^"]*">(.*?)</a>', re.S)
_IMPORT = re.compile(r'@import url\("([a-z]+\.css)"\);')
_STYLES = ("player.css", "landscape.css", "lesson.css")
_CLASSES = {"player": "player", "landscape": "landscape"}


def lesson_page(lesson: Lesson, store: Store, ask: Ask, *, dark: bool = False, note: bool = False) -> str:
    """A lesson as a page that opens from a disk; its truths are computed now and lie in it.

    Args:
        lesson: which one.
        store: has its runs and studies.
        ask: answers what its pictures and checks ask.
        dark: whether on a dark page.
        note: whether the lecturer's page stands before it.

    Returns:
        HTML.

    Raises:
        NotYet: an answer that it needs is not there yet.
        InputError: a run is missing, or cannot be shown as the lesson wants.
    """
    return _Writer(lesson, store, ask, dark).page(note)


class _Writer:
    """Writes one lesson, and keeps what its script needs: scenes, figures, questions."""

    def __init__(self, lesson: Lesson, store: Store, ask: Ask, dark: bool) -> None:
        self.lesson, self.store, self.ask, self.dark = lesson, store, ask, dark
        self.scenes: list[dict[str, str]] = []
        self.figures: list[str] = []
        self.questions: list[dict[str, Any]] = []

    def page(self, note: bool) -> str:
        """The whole file."""
        lesson = self.lesson
        body = [
            f"<h1>{lesson.number}. {html.escape(lesson.title)}</h1>",
            f"<p><em>{html.escape(lesson.goal)}</em></p>",
        ]
        body.append(f'<p class="muted">{lesson.minutes} minutes</p>')
        if note and lesson.note:
            body.append(f'<aside class="lecturer">{self._text(lesson.note)}</aside>')
        for part in lesson.parts:
            if isinstance(part, Text):
                body.append(self._text(part.markdown))
            elif isinstance(part, Figure):
                body.append(self._figure(part))
            elif isinstance(part, LessonQuestion):
                body.append(self._question(part))
        data = {"scenes": self.scenes, "questions": self.questions}
        drawing = f"<script>{_escaped(plotly.offline.get_plotlyjs())}</script>\n" if self.figures else ""
        figures = "".join(
            f'<script type="application/json" id="figure{i}">{figure}</script>\n'
            for i, figure in enumerate(self.figures)
        )
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(lesson.title)} · AutoencODE Lab</title>\n"
            f"<style>\n{colours(self.dark)}{_style()}</style>\n</head>\n<body>\n<main>\n"
            + "\n".join(body)
            + f'\n</main>\n<script type="application/json" id="lesson">{script_json(data)}</script>\n'
            f"{figures}{drawing}<script>\n(() => {{\n{_script()}\n"
            'modules["lesson.js"].default({ player: modules["player.js"].default, '
            'landscape: modules["landscape.js"].default });\n})();\n</script>\n</body>\n</html>\n'
        )

    def _text(self, markdown: str, facts: dict[str, str] | None = None) -> str:
        """Markdown as HTML, with its numbers, formulas as MathML; links into the app lead nowhere."""
        text = filled(markdown, self.lesson, self.store, facts)
        made = _WITHIN_THE_APP.sub(r"\1", str(_markdown().render(text)))
        return made.replace(_GUESS, '<span class="guess"></span>').replace(
            _TRUTH, '<span class="true"></span>'
        )

    def _figure(self, figure: Figure) -> str:
        """A figure with its caption."""
        identity = f"figure {len(self.scenes)} {len(self.figures)}"
        case = case_of(self.lesson, figure, self.store, self.ask, dark=self.dark)
        shown = pictures(figure.kind, case, identity)
        places = "".join(map(self._picture, shown))
        caption = f"<figcaption>{self._text(figure.caption)}</figcaption>" if figure.caption else ""
        return f'<figure><div class="beside">{places}</div>{caption}</figure>'

    def _picture(self, picture: Picture) -> str:
        """The place of a picture; the script fills it."""
        alt = html.escape(picture.alt, quote=True)
        if picture.figure is not None:
            self.figures.append(str(picture.figure.to_json()).replace("<", "\\u003c"))
            place = len(self.figures) - 1
            return f'<div class="plot" role="img" aria-label="{alt}" data-figure="{place}"></div>'
        scene = picture.scene or {}
        data = base64.b64encode(encode(scene)).decode()
        self.scenes.append({"shown_by": picture.shown_by, "data": data})
        title = f"<h3>{html.escape(str(scene['title']))}</h3>" if scene.get("title") else ""
        kind = _CLASSES[picture.shown_by]
        shown = f'<div class="scene" data-scene="{len(self.scenes) - 1}"><div class="{kind}"></div></div>'
        return f"<div>{title}{shown}</div>"

    def _question(self, question: LessonQuestion) -> str:
        """A question: its form, what judges it, and its answer, hidden at first."""
        place = len(self.questions)
        case = case_of(self.lesson, question, self.store, self.ask, dark=self.dark)
        truth = truth_of(question, case)
        known: dict[str, Any] = {"kind": question.kind, "unit": question.unit}
        known["within"] = question.within.model_dump() if question.within else None
        known["allowed"] = allowed_words(question)
        true = _TRUTH
        if question.kind == "mark":
            known["truth"] = truth.places
            form = self._mark_form(question, place, known, truth.places)
        else:
            known["truth"] = truth.value
            true = true_words(question, truth, truth.value)  # type: ignore[arg-type]  # no mark: one value
            known["said"] = true
            form = (
                _choice_form(question, place) if question.kind == "choice" else _number_form(question, known)
            )
        self.questions.append(known)
        facts = {**truth.facts, "truth": true, "guess": _GUESS}
        answer = "".join(
            self._text(part.markdown, facts) if isinstance(part, Text) else self._figure(part)
            for part in question.answer
        )
        shown = known.pop("reveals", "")
        return (
            f'<section class="question" data-question="{place}">'
            f"<h2>Question {place + 1}</h2>{self._text(question.prompt)}<form>{form}"
            '<div class="lines" aria-hidden="true"><div></div><div></div><div></div></div>'
            '<p class="offer"><button type="submit" disabled>Reveal</button> '
            f'<span class="muted">{html.escape(_rule(question))}</span></p></form>'
            f'<div class="answer" hidden><p class="verdict" role="status"></p>{shown}{answer}'
            '<p class="offer"><button type="button" class="again">Try again</button></p></div></section>'
        )

    def _mark_form(
        self, question: LessonQuestion, place: int, known: dict[str, Any], truths: list[tuple[float, ...]]
    ) -> str:
        """A picture to point at, a slider for each coordinate, and the picture with the truth."""
        case = case_of(self.lesson, question, self.store, self.ask, dark=self.dark)
        scene = pictures(question.picture, case, f"mark {place}")[0].scene or {}
        pane = scene["panes"][0]
        picture = self._picture(Picture(scene=scene, alt=str(scene["alt"])))
        with_truth = {**marked(scene, None, truths), "id": f"truth {place}"}
        known["reveals"] = f"<figure>{self._picture(Picture(scene=with_truth))}</figure>"
        known["scene"], known["pane"] = len(self.scenes) - 2, pane["key"]
        known["starts"] = _starts(case, len(pane["range"]))
        known["values"] = [place_values(*ends) for ends in pane["range"]]
        sliders = "".join(
            _slider(f"{title}", values, len(values) // 2)
            for title, values in zip(pane["axes"], known["values"], strict=True)
        )
        words = "Click the place in the picture, or set it with the sliders."
        return f"<figure>{picture}</figure><p>{words}</p>{sliders}"


def _starts(case: Case, count: int) -> list[list[float]]:
    """Where the particles begin, so that a click on one names its place."""
    return [[round(float(x), 4) for x in row[:count]] for row in flow_states(case.record)[0]]


def _choice_form(question: LessonQuestion, place: int) -> str:
    options = "".join(
        f'<label><input type="radio" name="choice{place}" value="{word}"> {_inline(text)}</label>'
        for word, text in question.options.items()
    )
    return f"<fieldset><legend>Your prediction</legend>{options}</fieldset>"


def _number_form(question: LessonQuestion, known: dict[str, Any]) -> str:
    known["values"] = [number_values(question)]
    unit = f", {question.unit}" if question.unit else ""
    return _slider(f"Your prediction{unit}", known["values"][0], 0)


def _slider(title: str, values: list[float], at: int) -> str:
    return (
        f"<label>{html.escape(title)} <output></output>"
        f'<input type="range" min="0" max="{len(values) - 1}" step="1" value="{at}"></label>'
    )


def _rule(question: LessonQuestion) -> str:
    words = "Predict first: then the answer can be revealed."
    return f"{words} Right {allowed_words(question)}." if question.within else words


def _inline(text: str) -> str:
    return str(_markdown().renderInline(text))


@cache
def _markdown() -> MarkdownIt:
    """Markdown without HTML, with tables and with formulas as MathML."""

    def formula(text: str, options: dict[str, Any]) -> str:
        return str(convert(text.strip(), display="block" if options["display_mode"] else "inline"))

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    return made.use(dollarmath_plugin, renderer=formula, allow_labels=False, allow_blank_lines=False)


@cache
def _script() -> str:
    return bundle(ASSETS, "player.js", "landscape.js", "lesson.js")


@cache
def _style() -> str:
    """The style sheets, those that they import put in once."""
    text = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in _STYLES)
    imported = dict.fromkeys(_IMPORT.findall(text))
    parts = [(ASSETS / name).read_text(encoding="utf-8") for name in imported]
    return "\n".join([*parts, _IMPORT.sub("", text)])


def _escaped(script: str) -> str:
    """A script that ends no script element."""
    return script.replace("</script", "<\\/script")
