"""Questions about stored runs on a page: asked, waited for beside the page, given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from autoencode_core.questions.question import Question
from autoencode_core.store.record import RunRecord
from pages.shared.setup import answers, escape, guard

if TYPE_CHECKING:
    from autoencode_core.desk.answers import Answer

PATIENCE = 0.4
"""Seconds that a page waits for an answer before it is drawn without."""
WAITING = ("waiting", "running")
_REFRESH_SECONDS = 0.3


@dataclass(frozen=True)
class Asked:
    """A question of a page, and its answer as far as it is there."""

    answer_id: str
    answer: "Answer"

    @property
    def waiting(self) -> bool:
        """Whether it is still being computed."""
        return self.answer.state in WAITING

    @property
    def value(self) -> Mapping[str, Any] | None:
        """What was computed, None while there is nothing."""
        return self.answer.value if self.answer.state == "done" else None


def ask(
    question: Question[Any],
    record: RunRecord | Sequence[RunRecord],
    patience: float = PATIENCE,
    **arguments: Any,
) -> Asked:
    """The answer to a question, as far as it is there after a short wait.

    Args:
        question: of questions/.
        record: the run, or several for a question about several.
        patience: seconds to wait for it.
        arguments: of the question.
    """
    answer_id = answers().ask(question, record, **arguments)
    return Asked(answer_id, answers().wait(answer_id, patience))


def told(asked: Asked, words: str) -> Mapping[str, Any] | None:
    """The value of an answer; while there is none its progress, or why there will be none.

    Args:
        asked: from ask.
        words: what is being computed, for a person.
    """
    answer = asked.answer
    if asked.waiting:
        st.fragment(_wait, run_every=_REFRESH_SECONDS)(asked.answer_id, words)
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


def note(value: Mapping[str, Any] | None) -> None:
    """What a person must know of an answer that is not all that was asked for."""
    if value and value.get("note"):
        st.caption(escape(str(value["note"])))


@guard()
def _wait(answer_id: str, words: str) -> None:
    """Progress of a question, refreshed; when it ends, the whole page runs again."""
    answer = answers().look(answer_id)
    if answer.state not in WAITING:
        st.rerun()
    bar, button = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(answer.share or 0.0, text=" · ".join(filter(None, (words, escape(answer.words)))))
    button.button(
        "Cancel", key=f"cancel_{answer_id}", on_click=answers().cancel, args=(answer_id,), width="stretch"
    )
