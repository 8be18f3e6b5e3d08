"""Questions about stored runs on a page: asked, waited for beside the page, given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, cast

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.questions.question import A, Question
from autoencode_core.store.record import RunRecord
from pages.shared.pace import pace
from pages.shared.session import SessionKey, opened_by_link
from pages.shared.setup import answers, escape, guard
from pages.shared.visitor import visitor

if TYPE_CHECKING:
    from autoencode_core.desk.answers import Answer

PATIENCE = 0.4
"""Seconds that a page waits for an answer before it is drawn without."""
WAITING = ("waiting", "running")


def _clicked(name: str) -> SessionKey[bool]:
    """Whether a person has asked a heavy question, by its name."""
    return SessionKey(f"asked_{name}", bool)


@dataclass(frozen=True)
class Asked(Generic[A]):
    """A question of a page, and its answer of shape A as far as it is there."""

    answer_id: str
    answer: "Answer"
    held: str = ""
    """Name of a heavy question that only a link has asked: it waits for a click."""

    @property
    def waiting(self) -> bool:
        """Whether it is still being computed."""
        return self.answer.state in WAITING

    @property
    def value(self) -> A | None:
        """What was computed, None while there is nothing."""
        # The desk keeps answers of every shape; tests/questions hold what arrives to what Question[A] says.
        return cast(A, self.answer.value) if self.answer.state == "done" else None


def ask(
    question: Question[A],
    record: RunRecord | Sequence[RunRecord],
    patience: float = PATIENCE,
    **arguments: Any,
) -> Asked[A]:
    """The answer to a question, as far as it is there after a short wait.

    A heavy one that only a link has asked waits for a click, unless it is answered already.

    Args:
        question: of questions/.
        record: the run, or several for a question about several.
        patience: seconds to wait for it.
        arguments: of the question.
    """
    heavy = question.is_heavy([record] if isinstance(record, RunRecord) else record)
    waits = heavy and opened_by_link() and not _clicked(question.name).get()
    if waits and not answers().knows(question, record, **arguments):
        from autoencode_core.desk.answers import Answer  # here: like the jobs

        return Asked("", Answer("cancelled"), question.name)
    answer_id = answers().ask(question, record, visitor(), **arguments)
    return Asked(answer_id, answers().wait(answer_id, patience, hurried=True))


def ask_for(question: Question[Any], slot: str = "") -> None:
    """Notes that a person asks a heavy question, so that it waits for no second click; for a widget to call.

    The note is made before the page runs, so that a run that is cut short loses no click.

    Args:
        question: of questions/.
        slot: key of the session that the page looks at to know of the click, if it does.
    """
    _clicked(question.name).set(True)
    if slot:
        st.session_state[slot] = True


def told(asked: Asked[A], words: str) -> A | None:
    """The value of an answer; while there is none its progress, or why there will be none.

    Args:
        asked: from ask.
        words: what is being computed, for a person.
    """
    answer = asked.answer
    if asked.held:
        st.caption(f"{words}: a link never begins what takes long. It is computed when you ask for it.")
        st.button("Compute it", key=f"compute_{asked.held}", on_click=_clicked(asked.held).set, args=(True,))
    elif asked.waiting:
        st.fragment(_wait, run_every=pace())(asked.answer_id, words)
    elif answer.state == "failed":
        st.warning(escape(answer.message))
    elif answer.state == "cancelled":
        given_up, again = st.columns([4, 1], vertical_alignment="center")
        given_up.caption(f"{words}: given up.")
        again.button(
            "Compute it", key=f"again_{asked.answer_id}", on_click=answers().forget, args=(asked.answer_id,)
        )
    note(asked.value)
    return asked.value


def note(value: Mapping[str, object] | None) -> None:
    """What a person must know of an answer that is not all that was asked for."""
    if value and value.get("note"):
        st.caption(escape(str(value["note"])))


@guard()
def _wait(answer_id: str, words: str) -> None:
    """Progress of a question, refreshed; when it ends, the whole page runs again."""
    try:
        answer = answers().look(answer_id)
    except InputError:  # given up, since this page was not looked at for a while
        st.rerun()
    if answer.state not in WAITING:
        st.rerun()
    bar, button = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(answer.share or 0.0, text=" · ".join(filter(None, (words, escape(answer.words)))))
    if answer.shared:  # others wait for it too
        return
    button.button(
        "Cancel", key=f"cancel_{answer_id}", on_click=answers().cancel, args=(answer_id,), width="stretch"
    )
