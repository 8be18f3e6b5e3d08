"""What a person changed by hand while a run trained: the log that makes the same run again."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from autoencode_core.words import as_set

MOST_CHANGES = 200
"""Most changes of one training."""
FORM = (
    "changes such as 40:tikhonov=0.1 90:tikhonov=1e-3,step=0.5, each after a later iteration than the one "
    f"before and before the last, at most {MOST_CHANGES}"
)
"""How changes are written."""


class Change(BaseModel):
    """A change by hand; it counts from the iteration after the one that it names.

    Attributes:
        iteration: the last one before it, from 0.
        tikhonov: λ from then on, None where it stays.
        step: τ from then on, None where it stays: the next trial of pmp, the peak of adam's one-cycle; lbfgs
            forgets its pairs and begins anew with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    iteration: Annotated[int, Field(ge=0, lt=100_000)]
    tikhonov: Annotated[float, Field(ge=0, le=1e3)] | None = None
    step: Annotated[float, Field(gt=0, le=100)] | None = None

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return self.tikhonov is None and self.step is None

    def then(self, later: "Change") -> "Change":
        """This change and a later one, at the later one's iteration."""
        tikhonov = self.tikhonov if later.tikhonov is None else later.tikhonov
        return Change(
            iteration=later.iteration,
            tikhonov=tikhonov,
            step=self.step if later.step is None else later.step,
        )


def in_order(changes: Sequence[Change], iterations: int | None) -> bool:
    """Whether every change says something, after a later iteration than the one before and before the last.

    Args:
        changes: by hand.
        iterations: most of the training, None where they are not known.
    """
    places = [change.iteration for change in changes]
    ascend = places == sorted(set(places))
    return ascend and not any(c.empty or (iterations and c.iteration >= iterations) for c in changes)


def carried_on(script: Sequence[Change], by_hand: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of a training whose spec brings some, which end with the first one by hand.

    Args:
        script: those of the spec.
        by_hand: those that came while it trained, ascending.
    """
    if not by_hand:
        return tuple(script)
    first = by_hand[0]
    before = [change for change in script if change.iteration < first.iteration]
    there = [change.then(first) for change in script if change.iteration == first.iteration] or [first]
    return (*before, *there, *by_hand[1:])


def written(changes: Sequence[Change]) -> str:
    """Changes as a flag of the command line has them; `read` reads that."""
    return " ".join(
        f"{change.iteration}:" + ",".join(f"{name}={value!r}" for name, value in _values(change))
        for change in changes
    )


def read(text: Any) -> Any:
    """Changes from text such as "40:tikhonov=0.1 90:step=0.5", () from nothing; the rest passes unchanged."""
    if not isinstance(text, str):
        return text
    found = []
    for part in text.replace(";", " ").split():
        place, _, values = part.partition(":")
        named = [value.partition("=") for value in values.split(",")]
        found.append({"iteration": place, **{name: value for name, _, value in named}})
    return tuple(found)


def changes_in_words(changes: Sequence[Change]) -> str:
    """Changes as a person reads them: "λ = 0.1 after 40; τ = 0.5 after 90"."""
    return "; ".join(f"{change_in_words(each)} after {each.iteration}" for each in changes) or "none"


def change_in_words(change: Change) -> str:
    """What a change changes: "λ = 0.1", "λ = 0.1 and τ = 0.5"."""
    symbols = {"tikhonov": "λ", "step": "τ"}
    return " and ".join(f"{symbols[name]} = {as_set(value)}" for name, value in _values(change))


def _values(change: Change) -> list[tuple[str, float]]:
    named = (("tikhonov", change.tikhonov), ("step", change.step))
    return [(name, value) for name, value in named if value is not None]
