"""Regimes: what the Tikhonov weight does to a flow, and when its training is convex."""

from pages.regimes_views.compare import compare_view
from pages.regimes_views.continuation import continuation_view
from pages.regimes_views.convexity import convexity_view
from pages.regimes_views.landscape import landscape_view
from pages.regimes_views.strip import strip_view
from pages.regimes_views.studies import PAGE
from pages.shared.setup import page_setup
from pages.shared.views import View, Views, show_view

VIEWS: Views = (
    View("strip", "Strip", "every λ with every seed", strip_view),
    View("continuation", "Continuation", "λ down and up, each run from the one before", continuation_view),
    View("convexity", "Convexity", "the smallest curvature at a minimiser", convexity_view),
    View("landscape", "Landscape", "J on lines and planes", landscape_view),
    View("compare", "Compare", "up to four runs", compare_view),
)


def render() -> None:
    """Draws the page."""
    page_setup("Regimes")
    show_view(PAGE, VIEWS)


if __name__ == "__main__":
    render()
