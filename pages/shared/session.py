"""What a visit keeps: in the session while it lasts, and in the link, which may be shared.

Each key is declared once, by the module that owns it; other modules call that module. Only widgets keep
something beside this, each under its own key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True)
class SessionKey(Generic[T]):
    """A key of the session, which one visitor has for as long as the tab is open.

    Attributes:
        name: of the key.
        kind: type of its value; a value of another type counts as none.
    """

    name: str
    kind: type[T]

    def get(self) -> T | None:
        """Its value, None without."""
        found = st.session_state.get(self.name)
        return found if isinstance(found, self.kind) else None

    def there(self) -> bool:
        """Whether the session has it, be it None."""
        return self.name in st.session_state

    def set(self, value: T | None) -> None:
        """Keeps a value."""
        st.session_state[self.name] = value

    def drop(self) -> None:
        """Keeps it no longer."""
        st.session_state.pop(self.name, None)

    def pop(self) -> T | None:
        """Its value, which is kept no longer."""
        found = self.get()
        self.drop()
        return found


@dataclass(frozen=True)
class LinkKey:
    """A key of the link: what is told there another visitor sees too.

    Attributes:
        name: as the link has it.
    """

    name: str

    def get(self) -> str:
        """Its value, the last of several; "" without."""
        return str(st.query_params.get(self.name, ""))

    def all(self) -> list[str]:
        """All its values."""
        return st.query_params.get_all(self.name)

    def there(self) -> bool:
        """Whether the link has it, be it empty."""
        return self.name in st.query_params

    def set(self, value: str | Sequence[str]) -> None:
        """Puts a value, or several, into the link."""
        st.query_params[self.name] = value if isinstance(value, str) else list(value)

    def drop(self) -> None:
        """Takes it out of the link."""
        st.query_params.pop(self.name, None)
