"""Colours that can be seen by everyone on both pages, and text that cannot become markup."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures import theme

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB
_BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def linear(colour: str) -> np.ndarray:
    """Linear RGB of #rrggbb."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear RGB (n, 3), white D65."""
    xyz = rgb @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def contrast(one: str, other: str) -> float:
    """WCAG contrast of two colours."""
    dim, bright = sorted(float(_LUMA @ linear(c)) for c in (one, other))
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_stands_out_from_its_page(dark: bool) -> None:
    page = theme.colour("page", dark)
    for role in [*theme.ROLES, "ink", "muted"]:
        assert contrast(theme.colour(role, dark), page) >= 4.5, role  # they also write text
    for colour, _ in theme.class_colours(10, dark):
        assert contrast(colour, page) >= 3
    for _, colour in theme.hue_scale(dark):
        assert contrast(colour, page) >= 3


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("blindness", [None, *_BLINDNESS])
def test_hue_scale_grows_lighter_for_every_eye(dark: bool, blindness: str | None) -> None:
    seen = np.stack([linear(colour) for _, colour in theme.hue_scale(dark)])
    if blindness:
        seen = np.clip(seen @ np.array(_BLINDNESS[blindness]).T, 0, 1)
    steps = np.diff(lab(seen), axis=0)
    assert (steps[:, 0] > 1).all()
    distances = np.linalg.norm(steps, axis=1)
    assert distances.min() > 5 and distances.max() < 5 * distances.min()


def test_things_on_one_axis_differ_by_dash_and_symbol() -> None:
    for together in [
        ("cost", "data term", "penalty"),
        ("train", "test", "PCA"),
        ("encoder", "bottleneck", "decoder"),
    ]:
        roles = [theme.ROLES[word] for word in together]
        assert len({role.dash for role in roles}) == len(roles)
        assert len({role.symbol for role in roles}) == len(roles)


@pytest.mark.parametrize("dark", [False, True])
def test_classes_are_unique_pairs(dark: bool) -> None:
    assert len(set(theme.class_colours(40, dark))) == 40
    assert len({colour for colour, _ in theme.class_colours(8, dark)}) == 8


def test_symbol_codes_are_compact_and_few_of_them_in_space() -> None:
    codes = theme.symbol_codes(np.arange(25))
    assert codes.dtype == np.uint8 and len(set(codes[:10].tolist())) == 10
    assert set(theme.symbol_codes(np.arange(25), few=True).tolist()) == {0, 1, 2}


def test_hue_colours_accept_what_is_not_finite() -> None:
    hue = np.array([0.5, np.nan, np.inf, -3.0])
    settings = theme.hue_colours(hue, False)
    assert settings["color"].dtype == np.float32
    assert settings["color"].tolist() == [0.5, 0.0, 1.0, 0.0]
    assert np.isnan(hue[1])
    assert theme.hue_colours(np.empty(0), True)["color"].startswith("#")


@given(st.text(max_size=80))
def test_a_persons_text_is_never_markup(text: str) -> None:
    shown = theme.plain(text)
    assert "<" not in shown and ">" not in shown and "\n" not in shown


@pytest.mark.parametrize("dark", [False, True])
def test_layout_says_its_colours_itself(dark: bool) -> None:
    layout = theme.layout(dark, height=300)
    assert layout["font"]["color"] == theme.colour("ink", dark)
    assert layout["paper_bgcolor"] == "rgba(0,0,0,0)" and layout["height"] == 300
    assert theme.figure_template(dark).layout.font.color == theme.colour("ink", dark)
