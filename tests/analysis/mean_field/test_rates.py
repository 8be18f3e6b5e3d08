import numpy as np
import pytest

from autoencode_core.analysis.mean_field.rates import fitted_rates, power_law, settled


@pytest.mark.parametrize("law", [-0.5, -1.0])
def test_power_law_finds_the_exponent_within_its_band(law):
    counts = 2 ** np.arange(4, 13)
    noise = np.random.default_rng(0).standard_normal((9, 40))
    slope, low, high, start = power_law(counts, 3 * counts[:, None] ** law * noise)
    assert low < law < high and high - low < 0.3 and abs(slope - law) < 0.1
    assert np.exp(start) == pytest.approx(3, rel=0.5)


def test_the_band_is_that_of_the_jackknife_with_students_t():
    """By pseudo-values, which is another way to the same standard error."""
    counts = np.array([16, 32, 64, 128])
    table = counts[:, None] ** -0.5 * np.random.default_rng(1).standard_normal((4, 5))
    slope, low, high, start = power_law(counts, table)
    line = np.polyfit(np.log(counts), np.log(np.sqrt(np.mean(table**2, axis=1))), 1)
    assert (slope, start) == pytest.approx(tuple(line))
    left = np.array([power_law(counts, np.delete(table, s, axis=1))[0] for s in range(5)])
    pseudo = 5 * slope - 4 * left
    error = pseudo.std(ddof=1) / np.sqrt(5)
    assert (high - slope, slope - low) == pytest.approx((2.776445 * error,) * 2)  # t of 4 degrees, 97.5 %


def test_a_rate_is_fitted_only_where_it_can_be_told():
    """N far below what it is compared with, and a gap that stands out from the error of the fresh cost."""
    counts = [16, 32, 64, 128, 256]
    root = np.outer(np.power(counts, -0.5), [1.0, -1.0])  # 0.25, 0.18, 0.125, 0.09, 0.06
    good = np.ones((5, 2), bool)
    found = dict.fromkeys(settled(good), root) | {"fresh_error": 0 * root, "converged": good}
    found |= {"fresh": 1024, "reference": 512}

    def fitted(name: str, **changes) -> int:
        answer = fitted_rates(counts, found | changes)
        chosen = answer[f"{name}_fitted"].tolist()
        assert np.isfinite(answer[f"{name}_rate"][0]) == (sum(chosen) > 2)
        assert chosen == sorted(chosen, reverse=True)
        return sum(chosen)

    assert fitted("gap", fresh_error=np.full((5, 2), 0.04)) == 4  # twice 0.04 is between 0.09 and 0.06
    assert fitted("gap", fresh_error=np.full((5, 2), 0.07)) == 2
    dip = root.copy()
    dip[2] = 0.01
    assert (
        fitted("gap", gap=dip, fresh_error=np.full((5, 2), 0.01)) == 2
    )  # what comes after the first that does not stand out is left out
    assert fitted("gap", fresh=256) == 3
    assert fitted("sliced_wasserstein") == 4 and fitted("map_distance") == 3
    assert fitted("exact_wasserstein") == 5  # as many on both sides: no larger sample to run into
    # One control for all N: the error is that of its cost alone.
    assert fitted("fixed_gap", fresh_error=np.array([[0.07] * 2] * 4 + [[0.01] * 2])) == 3


def test_power_law_says_when_it_cannot_tell():
    counts = [16, 32, 64]
    exact = np.array([[4.0], [2.0], [1.0]])
    slope, low, high, _ = power_law(counts, exact)
    assert slope == pytest.approx(-1) and np.isnan([low, high]).all()  # one seed has no scatter
    assert np.isnan(power_law(counts, np.zeros((3, 2)))).all()
    assert np.isnan(power_law(counts, np.full((3, 2), np.nan))).all()
    gone = np.full((3, 1), np.nan)
    np.testing.assert_allclose(power_law(counts, np.hstack([exact, exact, gone]))[:3], -1)
    hole = np.hstack([exact, 2 * exact, exact])
    hole[1, 2] = np.nan  # the others of its N and of its seed count
    slope, low, high, _ = power_law(counts, hole)
    size = [np.sqrt(2) * 4, np.sqrt(2.5) * 2, np.sqrt(2)]
    assert slope == pytest.approx(np.polyfit(np.log(counts), np.log(size), 1)[0]) and low < slope < high
    hole[1, :2] = np.nan
    assert np.isnan(power_law(counts, hole)).all()


def test_no_rate_is_fitted_through_what_did_not_converge():
    counts = [16, 32, 64, 128, 256, 512, 1024]
    root = np.outer(np.power(counts, -0.5), [1.0, -1.1, 0.9])
    good = np.ones((7, 3), bool)
    good[1, 0] = good[2, 1:] = good[3, 2] = False
    wild = np.where(good, root, 100.0)
    found = dict.fromkeys(settled(good), wild) | {"fresh_error": 0 * root, "converged": good}
    found |= {"fresh": 10**6, "reference": 10**6}
    answer = fitted_rates(counts, found)
    for name in ("gap", "map_distance", "control_distance"):
        np.testing.assert_array_equal(answer[f"{name}_converged"], good)
        assert not answer[f"{name}_fitted"][2] and answer[f"{name}_fitted"][[0, 1, 3]].all()
        assert answer[f"{name}_rate"][0] == pytest.approx(-0.5, abs=0.05)
    assert answer["sliced_wasserstein_converged"].all()  # the samples were not trained
    lost = good.copy()
    lost[-1, 0] = False  # what the others of this sample are compared with
    answer = fitted_rates(counts, found | {"converged": lost})
    assert answer["gap_converged"][0, 0]
    for name in ("map_distance", "control_distance", "fixed_gap"):
        assert not answer[f"{name}_converged"][:, 0].any()
    answer = fitted_rates(counts, found | {"converged": good & False})
    assert np.isnan(answer["gap_rate"]).all() and not answer["gap_fitted"].any()
