"""Where a data file lies: as it is named or, on a worker that does not see it, in a copy."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_COPIES: ContextVar[Mapping[str, str]] = ContextVar("copies", default={})  # noqa: B039 (nobody writes into it)


def located(path: str | os.PathLike[str]) -> str:
    """The path by which a file named so is opened."""
    named = os.fspath(path)
    return _COPIES.get().get(named, named)


@contextmanager
def copied(copies: Mapping[str, str]) -> Iterator[None]:
    """Have this thread open copies of files inside.

    Args:
        copies: path of the copy by the path that names the file.
    """
    before = _COPIES.set({**_COPIES.get(), **copies})
    try:
        yield
    finally:
        _COPIES.reset(before)
