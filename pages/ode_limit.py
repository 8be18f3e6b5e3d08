"""ODE limit: whether a trained network is a discretised ODE, and what becomes of it as its steps shrink."""

from pages.ode_limit_views.depth import depth_view
from pages.ode_limit_views.geometry import geometry_view
from pages.ode_limit_views.steps import steps_view
from pages.shared.run_page import run_page
from pages.shared.views import View, Views

PAGE = "ode_limit"
VIEWS: Views = (
    View("steps", "Step size", "the trained control integrated more finely", steps_view),
    View("geometry", "Flow map", "volume, folds and stretching along t", geometry_view),
    View("depth", "Depth", "trained on at twice the depth, and again", depth_view),
)


def render() -> None:
    """Draws the page."""
    run_page(
        PAGE,
        "ODE limit",
        VIEWS,
        choice="The run whose steps are refined.",
        empty="Choose a run above to see whether it is a discretised ODE.",
    )


if __name__ == "__main__":
    render()
