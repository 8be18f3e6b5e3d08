"""How the runs of a study ended: converged, before that, or nowhere; as marks and in words."""

from autoencode_core.figures import theme
from autoencode_core.store.study import Outcome, Study
from autoencode_core.words import measured

UNCONVERGED = "bowtie"
"""Symbol of a run that has not converged, where symbols tell minimisers apart."""
_WAYS = {"finished": "not converged", "stopped": "stopped before it had converged"}
_PALE = 0.42


def on_the_way(outcome: Outcome) -> bool:
    """Whether a run ended before it was stationary, so that it has found no minimiser."""
    return outcome.status in _WAYS


def sound(study: Study) -> list[Outcome]:
    """The runs that did not diverge."""
    return [outcome for outcome in study.outcomes if outcome.status != "diverged"]


def pale(colour: str, dark: bool) -> str:
    """The colour inside the mark of a run that has not converged."""
    own, page = (
        [int(each[i : i + 2], 16) for i in (1, 3, 5)] for each in (colour, theme.colour("page", dark))
    )
    mixed = (round(_PALE * a + (1 - _PALE) * b) for a, b in zip(own, page, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def pale_key(study: Study, dark: bool, glyph: str = "⋈") -> list[tuple[str, str, str]]:
    """What the mark of a run that has not converged stands for, where there is one.

    Args:
        study: the study.
        dark: whether the page is dark.
        glyph: the mark as a letter.
    """
    some = any(map(on_the_way, study.outcomes))
    return [(glyph, theme.colour("muted", dark), "not converged: not counted")] if some else []


def ended(outcome: Outcome) -> str:
    """How a run ended, for the pointer."""
    return _WAYS.get(outcome.status, outcome.status)


def ending_words(study: Study) -> str:
    """How many runs have not converged and how many diverged, as sentences; "" if all converged."""
    said, total = [], len(study.outcomes)
    waiting = list(filter(on_the_way, study.outcomes))
    if waiting:
        norm = max(outcome.gradient_norm for outcome in waiting)
        by_hand = sum(outcome.status == "stopped" for outcome in waiting)
        stopped = f", {by_hand} of them stopped by hand" * bool(by_hand)
        size = f"‖∇J‖ {'up to ' * (len(waiting) > 1)}{measured(norm, 2)}"
        verb = "is" if len(waiting) == 1 else "are"
        said.append(
            f"{counted(len(waiting), total)} had not converged ({size}{stopped}) and {verb} not counted as "
            + ("a minimiser." if len(waiting) == 1 else "minimisers.")
        )
    lost = total - len(sound(study))
    return " ".join([*said, f"{counted(lost, total)} diverged."] if lost else said)


def counted(count: int, total: int) -> str:
    """A number of the runs of a study, as the head of a sentence."""
    if total <= 2 and count == total:
        return ("The run", "Both runs")[total - 1]
    return f"All {total} runs" if count == total else f"{count} of {total} runs"
