"""The one error that a person may cause: it names the field, the value and what is allowed."""


class InputError(ValueError):
    """A value that cannot be used.

    Args:
        field: name of the knob, column or file that is wrong.
        value: what was given (shortened in the message).
        allowed: what would be accepted, as words that follow "allowed: ".
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field, self.value, self.allowed = field, value, allowed
        super().__init__(f"{field} = {_short(value)}: allowed is {allowed}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.field, _short(self.value), self.allowed)


def _short(value: object, limit: int = 80) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
