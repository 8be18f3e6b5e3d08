"""Regimes: what the Tikhonov weight does to a flow, and when its training is convex."""

from pages.regime_views.compare import compare_view
from pages.regime_views.continuation import continuation_view
from pages.regime_views.convexity import convexity_view
from pages.regime_views.landscape import landscape_view
from pages.regime_views.strip import strip_view
from pages.regime_views.studies import PAGE
from pages.shared.setup import page_setup
from pages.shared.views import Views, show_view

VIEWS: Views = {
    "strip": ("Strip", strip_view),
    "continuation": ("Continuation", continuation_view),
    "convexity": ("Convexity", convexity_view),
    "landscape": ("Landscape", landscape_view),
    "compare": ("Compare", compare_view),
}
_HELP = (
    "Strip: every λ with every seed. Continuation: λ down and up, each run from the one before. Convexity: "
    "the smallest curvature at a minimiser. Landscape: J on lines and planes. Compare: up to four runs."
)


def render() -> None:
    """Draws the page."""
    page_setup("Regimes")
    show_view(PAGE, VIEWS, _HELP)


if __name__ == "__main__":
    render()
