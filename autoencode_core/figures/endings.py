"""How the runs of a study ended: at a minimiser, on the way to one or nowhere; as marks and in words."""

from autoencode_core.figures import theme
from autoencode_core.study import Outcome, Study

_WAYS = {"finished": "ended at the iteration limit", "stopped": "stopped"}
_PALE = 0.42


def on_the_way(outcome: Outcome) -> bool:
    """Whether a run ended before it was stationary, so that its control need not be a minimiser."""
    return outcome.status in _WAYS


def sound(study: Study) -> list[Outcome]:
    """The runs that did not diverge."""
    return [outcome for outcome in study.outcomes if outcome.status != "diverged"]


def fill(colour: str, outcome: Outcome, dark: bool) -> str:
    """Colour inside the mark of a run: pale where it ended on the way to a minimiser."""
    if not on_the_way(outcome):
        return colour
    own, page = (
        [int(each[i : i + 2], 16) for i in (1, 3, 5)] for each in (colour, theme.colour("page", dark))
    )
    mixed = (round(_PALE * a + (1 - _PALE) * b) for a, b in zip(own, page, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def pale_key(study: Study, dark: bool) -> list[tuple[str, str, str]]:
    """What a pale mark stands for, where there is one."""
    ways = [words for status, words in _WAYS.items() if any(o.status == status for o in study.outcomes)]
    colour = theme.translucent(theme.colour("ink", dark), _PALE)
    return [("●", colour, "pale: " + " or ".join(ways))] if ways else []


def ended(outcome: Outcome) -> str:
    """How a run ended, for the pointer."""
    return _WAYS.get(outcome.status, outcome.status)


def ending_words(study: Study) -> str:
    """How many runs are no minimisers yet and how many diverged, as sentences; "" if all converged."""
    said, total = [], len(study.outcomes)
    for status, words in _WAYS.items():
        count = sum(outcome.status == status for outcome in study.outcomes)
        if count:
            was = "" if status == "finished" else "was " if count == 1 else "were "
            said.append(f"{_of(count, total)} {was}{words}, on the way to a minimiser.")
    lost = total - len(sound(study))
    return " ".join([*said, f"{_of(lost, total)} diverged."] if lost else said)


def _of(count: int, total: int) -> str:
    """A number of runs, as the head of a sentence."""
    if total <= 2 and count == total:
        return ("The run", "Both runs")[total - 1]
    return f"All {total} runs" if count == total else f"{count} of {total} runs"
