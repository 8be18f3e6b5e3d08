"""Limits: how much of the server visitors may ask for at a time, from its environment."""

import os
from dataclasses import dataclass, field, fields

from autoencode_core.errors import InputError

MOST = 100_000
"""The highest limit that can be set."""


@dataclass(frozen=True)
class Limits:
    """How many jobs and questions may wait or run at a time.

    Attributes:
        per_visitor: trainings and studies of one visitor.
        trainings: trainings and studies of all visitors.
        questions_per_visitor: questions of one visitor.
        questions: questions of all visitors.
    """

    per_visitor: int = field(default=8, metadata={"variable": "AUTOENCODE_JOBS_PER_VISITOR"})
    trainings: int = field(default=200, metadata={"variable": "AUTOENCODE_JOBS"})
    questions_per_visitor: int = field(default=16, metadata={"variable": "AUTOENCODE_QUESTIONS_PER_VISITOR"})
    questions: int = field(default=400, metadata={"variable": "AUTOENCODE_QUESTIONS"})

    @classmethod
    def of_environment(cls) -> "Limits":
        """Those that AUTOENCODE_JOBS and the other variables set, the defaults for what they do not say.

        Raises:
            InputError: a variable is no whole number from 1 to MOST.
        """
        return cls(**{each.name: _set(each.metadata["variable"], each.default) for each in fields(cls)})

    def check(self, kind: str, own: int, all_of_them: int) -> None:
        """Refuse one more where there are as many as may be.

        Args:
            kind: "training" or "question".
            own: how many of who asks wait or run; 0 where nobody is known to ask.
            all_of_them: how many wait or run.

        Raises:
            InputError: there are.
        """
        each, most = (
            (self.per_visitor, self.trainings)
            if kind == "training"
            else (self.questions_per_visitor, self.questions)
        )
        if own >= each:
            allowed = f"at most {each} of yours that wait or run: wait until one ends, or stop one"
            raise InputError(f"{kind}s", f"one more, with {own} of yours under way", allowed)
        if all_of_them >= most:
            allowed = f"at most {most} of all visitors that wait or run: try again in a while"
            raise InputError(f"{kind}s", f"one more, with {all_of_them} under way", allowed)


def _set(variable: str, default: object) -> int:
    text = os.environ.get(variable, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST and len(text) <= 9):
        raise InputError(variable, text, f"a whole number from 1 to {MOST}")
    return int(text)
