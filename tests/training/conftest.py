"""The registries with three of the tests' own in them, so that whatever runs over them covers new ones."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _own(own: None) -> None:
    """A field, a nonlinearity and a scheme of the tests' own."""
