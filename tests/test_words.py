import math
import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.words import as_set, balance, join, measured, megabytes, part_of, stretches

RAISED = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]")
LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_words_are_joined_as_in_a_sentence():
    assert [join(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert join(("a", "b"), "or") == "a or b"


def test_numbers_that_follow_each_other_are_a_stretch():
    among = [0.001, 0.003, 0.01, 0.03, 0.1]
    assert stretches(among, among) == "0.001 to 0.1"
    assert stretches([0.001, 0.003], among) == "0.001 and 0.003"
    assert stretches([0.001, 0.003, 0.01, 0.1], among) == "0.001 to 0.01 and 0.1"
    assert stretches([0.003, 0.03], among) == "0.003 and 0.03"
    assert stretches([], among) == ""


def test_bytes_are_told_in_megabytes():
    shown = [megabytes(size) for size in (0, 1234, 1_000_000, 9_940_000, 12_345_678, 1.5e9)]
    assert shown == ["0 MB", "0.0012 MB", "1 MB", "9.9 MB", "12 MB", "1,500 MB"]


def test_measured_numbers_have_one_look():
    shown = [measured(v) for v in (7.3e-5, 6.333e-5, 0.335, 0.052, 12345.6, 2.1e-7, -3e-9, 999_999.9, 0)]
    assert shown == [
        "0.000073",
        "0.0000633",
        "0.335",
        "0.052",
        "12,346",
        "2.1·10⁻⁷",
        "−3·10⁻⁹",
        "10⁶",
        "0",
    ]
    assert [measured(v) for v in (None, math.nan, math.inf, -math.inf)] == ["–", "–", "∞", "−∞"]


def test_what_is_set_has_one_look():
    assert [as_set(v) for v in (1e-5, 1e-4, 5e-5, 0.001, 0.02, 300, 1e7)] == [
        "10⁻⁵",
        "10⁻⁴",
        "5·10⁻⁵",
        "0.001",
        "0.02",
        "300",
        "10⁷",
    ]


def test_a_number_beside_another_one():
    assert part_of(7.3e-5, 0.335, "PCA's") == "1/4,600 of PCA's"
    assert part_of(0.3, 0.335, "PCA's") == "90 % of PCA's"
    assert part_of(3, 0.335, "PCA's") == "9 times PCA's"
    assert part_of(3, 0, "PCA's") == part_of(None, 1, "PCA's") == ""


@given(st.floats(-1e9, 1e9), st.integers(1, 6))
def test_a_number_reads_back_as_it_was(value, digits):
    close = 0.51 * 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1) if value else 0
    assert abs(float(read(measured(value, digits))) - value) <= max(close, 1e-9 * abs(value))


def test_j_is_told_with_its_parts():
    assert balance(0.0052, 1e-4, 24.1) == "0.00761 = 0.00520 + 10⁻⁴ · 24.1"
    assert balance(1.0, 0.0, 24.2) == "1.00 = 1.00 + 0 · 24.2"
    assert balance(2e-7, 1e-6, 0.3) == "5.00·10⁻⁷ = 2.00·10⁻⁷ + 10⁻⁶ · 0.3"


SIZES = st.floats(0, 1e6).filter(lambda x: x == 0 or x > 1e-12)


@given(SIZES, st.one_of(st.just(0.0), st.floats(1e-8, 1e3)), SIZES)
def test_the_numbers_of_a_balance_add_up_as_they_stand(data_term, weight, square):
    left, right = balance(data_term, weight, square).split(" = ")
    first, second = right.split(" + ")
    price, size = map(read, second.split(" · "))
    cost, data = read(left), read(first)
    unit = unit_of(left)
    assert cost == data + (price * size / unit).quantize(Decimal(1)) * unit
    true = data_term + float(price) * square
    assert abs(float(cost) - true) <= 0.51 * float(unit) + 1e-9 * true
    assert abs(float(data) - data_term) <= 1.01 * float(unit) + 1e-9 * true
    assert abs(float(size) - square) <= 0.01 * square


def read(text):
    """A number that words wrote."""
    digits, _, power = (
        text.replace(",", "").replace("−", "-").rpartition("10")
        if RAISED.search(text)
        else (
            text.replace(",", "").replace("−", "-"),
            "",
            "",
        )
    )
    sign = {"": "1", "-": "-1"}.get(digits, digits.removesuffix("·"))
    return Decimal(sign).scaleb(int(power.translate(LOWERED) or 0))


def unit_of(text):
    """What the last digit of a written number counts."""
    mantissa, _, _ = text.partition("·")
    decimals = len(mantissa.partition(".")[2])
    power = int("".join(RAISED.findall(text)).translate(LOWERED) or 0)
    return Decimal(1).scaleb(power - decimals) if decimals or power else Decimal(1)
