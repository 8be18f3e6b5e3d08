"""Choice: how the data chose λ, as plain numbers (no torch): held-out errors over a grid, and the rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """Cross-validation over a grid of Tikhonov weights.

    An error is the mean squared distance of a fold's held-out rows in the flow coordinates that were fitted
    on its other rows, as a share of `scale`: of what PCA leaves there, or of the variance where PCA says
    nothing or leaves nothing. So folds that are hard for every λ weigh no more than the others.

    Attributes:
        weights: values of λ that were tried, descending (l,).
        errors: held-out error of each λ on each fold (l, K), infinite where a training diverged.
        scale: what they are shares of, in squared flow coordinates (K,).
        by_pca: whether that is PCA's own held-out error, so that PCA stands at 1.
        rows: training rows that were shared out to the folds.
    """

    weights: tuple[float, ...]
    errors: tuple[tuple[float, ...], ...]
    scale: tuple[float, ...]
    by_pca: bool
    rows: int

    @property
    def folds(self) -> int:
        """Number of folds K."""
        return len(self.scale)

    @cached_property
    def mean(self) -> Floats:
        """Held-out error of each λ, mean over the folds (l,)."""
        mean: Floats = np.asarray(self.errors, np.float64).mean(axis=1)
        return mean

    @cached_property
    def deviation(self) -> Floats:
        """Standard error of each mean (l,)."""
        return standard_errors(self.errors)

    @property
    def best(self) -> int:
        """Place of the λ with the lowest mean."""
        return int(self.mean.argmin())

    @property
    def place(self) -> int:
        """Place of the λ that is chosen."""
        return one_standard_error(self.errors)

    @property
    def tikhonov(self) -> float:
        """The λ that is chosen."""
        return self.weights[self.place]


def standard_errors(errors: Sequence[Sequence[float]]) -> Floats:
    """Standard error of the mean over folds of each λ, (l, K) -> (l,); infinite where an error is."""
    table = np.asarray(errors, np.float64)
    finite = np.array([np.isfinite(row).all() for row in table])
    spread: Floats = np.where(finite[:, None], table, 0.0).std(axis=1, ddof=1) / np.sqrt(table.shape[1])
    spread[~finite] = np.inf
    return spread


def one_standard_error(errors: Sequence[Sequence[float]]) -> int:
    """Place of the largest λ whose mean held-out error is within one standard error of the best.

    Args:
        errors: of each λ, descending, on each of K > 1 folds (l, K); infinite where a training diverged.

    Source:
        L. Breiman, J. Friedman, R. Olshen, C. Stone, "Classification and Regression Trees" (1984), 3.4.3;
        T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning" (2009), 7.10.
    """
    mean: Floats = np.asarray(errors, np.float64).mean(axis=1)
    best = int(mean.argmin())
    most = float(mean[best] + standard_errors(errors)[best])
    return next(n for n, value in enumerate(mean.tolist()) if value <= most)


def choice_lines(choice: Choice) -> list[str]:
    """The curve of held-out error against λ, a line for each λ."""
    of = "of PCA's" if choice.by_pca else "of the variance"
    curve = zip(choice.weights, choice.mean, choice.deviation, strict=True)
    lines = [
        f"λ = {weight:<8g} held-out error {mean:.1%} ± {error:.1%} {of}" for weight, mean, error in curve
    ]
    lines[choice.place] += " (chosen)"
    return lines


def choice_words(choice: Choice) -> str:
    """How λ was chosen, in a sentence."""
    span = f"{len(choice.weights)} values from {min(choice.weights):g} to {max(choice.weights):g}"
    how = f"{choice.folds}-fold cross-validation of {choice.rows:,} rows"
    return f"λ = {choice.tikhonov:g}, chosen by {how} among {span}."
