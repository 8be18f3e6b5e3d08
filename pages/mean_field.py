"""Mean field: the particles stand for a measure; what more of them change, and how the measure moves."""

from pages.mean_field_views.density import density_view
from pages.mean_field_views.doubled import doubled_view
from pages.mean_field_views.particles import particles_view
from pages.mean_field_views.push import push_view
from pages.shared.run_page import run_page
from pages.shared.views import View, Views

PAGE = "mean_field"
VIEWS: Views = (
    View("particles", "More particles", "the same knobs trained on more and more of them", particles_view),
    View("density", "Density", "how their law moves", density_view),
    View("doubled", "Doubled state", "the flow without the projection", doubled_view),
    View("push", "Push-forward", "samples moved beside a histogram moved", push_view),
)


def render() -> None:
    """Draws the page."""
    run_page(
        PAGE,
        "Mean field",
        VIEWS,
        choice="The run whose particles stand for a measure.",
        empty="Choose a run above to see the law of its particles.",
    )


if __name__ == "__main__":
    render()
