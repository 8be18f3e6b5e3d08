"""The certificate of convexity in sentences."""

import pytest
from figures.regimes.answers import WEIGHT, depths

from autoencode_core.figures.regimes.certificate import certificate_words, limit_words


def certificate(nu, floor=None, still=True):
    slope = 1e-7 if still else 7.0
    return {"nu": nu, "floor": nu if floor is None else floor, "gradient_norm": slope, "stationary": still}


@pytest.mark.parametrize(
    ("answer", "words", "never"),
    [
        (certificate(-0.01), ("locally strongly convex here", "this one minimiser"), "not on a minimiser"),
        (
            certificate(-0.01, still=False),
            ("locally strongly convex here", "‖∇J‖ = 7", "not on a minimiser"),
            "this one minimiser",
        ),
        (certificate(-0.03), ("not convex here", "is no minimiser"), "not stationary"),
        (certificate(-0.03, still=False), ("not convex here", "not on a minimiser"), "is no minimiser"),
        (certificate(-0.01, floor=-0.03), ("Undecided",), "convex here"),
        (certificate(-0.01, floor=-0.03, still=False), ("Undecided", "not on a minimiser"), "convex here"),
    ],
)
def test_a_minimiser_is_spoken_of_only_where_the_control_is_stationary(answer, words, never):
    said = certificate_words(answer, WEIGHT, 4)
    assert all(word in said for word in words) and never not in said
    assert "L = 4 layers" in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            depths([-0.011, -0.31, -0.34], limit=-0.343, error=0.03, shrink=0.1),
            ("Convex with L = 4 layers, but not convex in the limit", "8 and 16 layers", "-0.34", "0.03"),
        ),
        (depths([-0.01] * 3, "still", -0.01, 1e-4), ("Convex with L = 4 layers and in the limit", "0.01)")),
        (
            depths([-0.1, -0.2, -0.25], limit=-0.3, error=0.05, shrink=0.5),
            ("Not convex with L = 4 layers and in the limit", "0.5 of the one before"),
        ),
        (
            depths([-0.011, -0.016, -0.018], limit=-0.0193, error=0.002, shrink=0.4),
            ("Convex with L = 4 layers, but undecided in the limit",),
        ),
        (
            depths([-0.1, -0.03, -0.01], limit=-0.002, error=0.01, shrink=0.3),
            ("Not convex with L = 4 layers, but convex in the limit",),
        ),
        (
            depths([-0.01, -0.03, -0.05], "open", shrink=1.0),
            ("Convex with L = 4 layers, but not convex with L = 16", "no limit is told", "grow"),
        ),
        (depths([-0.1, -0.3, -0.2], "open", shrink=-0.5), ("up and down",)),
        (depths([-0.1, -0.3, -0.46], "open", shrink=0.8), ("0.8 of the one before: too much",)),
        (depths([-0.01, -0.03], "few"), ("but not convex with L = 8", "takes three values")),
        (depths([-0.01], "few"), ("not known",)),
    ],
)
def test_what_more_layers_say(answer, words):
    said = limit_words(answer).replace("−", "-")
    assert all(word in said for word in words), said
    assert "nan" not in said


def test_a_refined_control_that_is_not_stationary_is_no_minimiser_of_the_limit():
    limit = {"limit": -0.3, "error": 0.03, "shrink": 0.2}
    values = [-0.01, -0.2, -0.28]
    assert "not on a minimiser" in limit_words(depths(values, **limit))
    assert "not on a minimiser" not in limit_words(depths(values, still=(True,) * 3, **limit))
    assert "not on a minimiser" not in limit_words(depths(values, still=(), **limit))  # it is said already


def test_what_lanczos_may_have_missed_leaves_the_sign_open():
    found = depths([-0.01, -0.012, -0.013], "open", shrink=0.8, floor=[-0.011, -0.013, -0.03])
    assert "Convex with L = 4 layers, but undecided with L = 16" in limit_words(found)
