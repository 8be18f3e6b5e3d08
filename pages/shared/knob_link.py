"""What the link says of a knob, where its widget alone would not take it or would drop it in silence."""

from collections.abc import Sequence
from decimal import Decimal, DecimalException

from autoencode_core.data.reading import Reading
from autoencode_core.knobs import allowed, bounds
from autoencode_core.spec import RunSpec
from pages.shared.session import LinkKey
from pages.shared.setup import escape


def knob_key(name: str) -> str:
    """Where link and session keep what the widget of a knob says.

    Args:
        name: name of the knob.
    """
    return f"knob_{name}"


def is_linked(name: str) -> bool:
    """Whether the link says anything of a knob."""
    return LinkKey(knob_key(name)).there()


def linked_number(name: str) -> float | None:
    """A number within its bounds that the link asks for, plain or in per cent.

    Args:
        name: name of the knob.
    """
    low, high = bounds(name)
    value = _number(_text(name) or "")
    if value is None or (low is not None and not low <= value) or (high is not None and not value <= high):
        return None
    return value


def refused(name: str, labels: Sequence[str] | None, dataset: str, reading: Reading) -> str:
    """What to say of a value in the link that the widget about to be drawn does not know, "" of others.

    Args:
        name: name of the knob.
        labels: what the widget offers, as it shows it; None for one that takes any number.
        dataset: data set whose limits also count.
        reading: how it is read, where it is a table.
    """
    text = _text(name)
    if text is None or (labels is not None and text in labels):
        return ""
    if (_number(text) if labels is None else linked_number(name)) is not None:
        return ""
    known = (
        f"allowed is {allowed(name, dataset, reading)}"
        if name != "dataset"
        else "there is no such data set here"
    )
    title = RunSpec.model_fields[name].title
    return escape(f"{title} “{text}” in the link is not taken: {known}.")


def percent(number: str) -> str:
    """A number in per cent, to its last digit: 0.005 is 0.5 %."""
    return f"{(100 * Decimal(number)).normalize():f} %"


def _text(name: str) -> str | None:
    return LinkKey(knob_key(name)).get() if is_linked(name) else None


def _number(text: str) -> float | None:
    """A number, plain or in per cent; None where the text is none."""
    try:
        number = Decimal(text.strip().removesuffix("%").strip())
    except DecimalException:
        return None
    return float(number / 100 if text.strip().endswith("%") else number) if number.is_finite() else None
