"""Where the lessons of the page get runs and answers from: the store, and the workers."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from autoencode_core.lessons.case import NotYet
from autoencode_core.questions.question import A, Question
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Study
from pages.shared.answers import ask, told
from pages.shared.run_menu import record_of
from pages.shared.setup import store

PATIENCE = 2.5
"""Seconds that a lesson waits for an answer before it shows how far it is."""


class Stored:
    """Runs and studies of the store, kept in memory for the next look."""

    def record(self, run_id: str) -> RunRecord:
        """The run of an id; raises InputError where there is none."""
        return record_of(run_id)

    def study(self, study_id: str) -> Study:
        """The study of an id; raises InputError where there is none."""
        return _study(study_id)

    def member_ids(self, study_id: str) -> list[str]:
        """Ids of the runs of a study."""
        return store().member_ids(study_id)


def ask_or_wait(question: Question[A], record: RunRecord | Sequence[RunRecord], /, **arguments: Any) -> A:
    """The answer to a question; while there is none its progress stands on the page.

    Raises:
        NotYet: there is none yet, or there will be none.
    """
    found = told(ask(question, record, patience=PATIENCE, **arguments), "The answer")
    if found is None:
        raise NotYet
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _study(study_id: str) -> Study:
    return store().study(study_id)
