"""ODE limit."""

from pages.shared.choose import choose_runs
from pages.shared.setup import guard, page_setup


def render() -> None:
    """Draws the page."""
    page_setup("ODE limit")
    with guard():
        choose_runs("ode_limit", "The run.", most=1)


if __name__ == "__main__":
    render()
