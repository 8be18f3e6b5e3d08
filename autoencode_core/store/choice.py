"""Choice: how the data chose λ, as plain numbers (no torch): held-out errors over a grid, and the rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from autoencode_core.errors import InputError
from autoencode_core.store.strict_json import number_out
from autoencode_core.words import as_set

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
    def chosen(self) -> int:
        """Place of the λ that is chosen."""
        return one_standard_error(self.errors)

    @property
    def tikhonov(self) -> float:
        """The λ that is chosen."""
        return self.weights[self.chosen]


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
        f"λ = {as_set(weight):<8} held-out error {mean:.1%} ± {error:.1%} {of}"
        for weight, mean, error in curve
    ]
    lines[choice.chosen] += " (chosen)"
    return lines


def choice_words(choice: Choice) -> str:
    """How λ was chosen, in a sentence."""
    span = f"{len(choice.weights)} values from {as_set(min(choice.weights))} to {as_set(max(choice.weights))}"
    how = f"{choice.folds}-fold cross-validation of {choice.rows:,} rows"
    return f"λ = {as_set(choice.tikhonov)}, chosen by {how} among {span}."


_Weight = Annotated[float, Field(ge=0, le=1e3, allow_inf_nan=False)]
_Error = Annotated[float, Field(ge=0)]
_Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Choice(BaseModel):
    weights: Annotated[tuple[_Weight, ...], Field(min_length=1, max_length=64)]
    errors: tuple[tuple[_Error, ...], ...]
    scale: Annotated[tuple[_Scale, ...], Field(min_length=2, max_length=64)]
    by_pca: bool
    rows: Annotated[int, Field(ge=2)]


def choice_out(choice: Choice) -> dict[str, Any]:
    """How λ was chosen, as plain values."""
    return {
        "weights": list(choice.weights),
        "errors": [list(map(number_out, row)) for row in choice.errors],
        "scale": list(choice.scale),
        "by_pca": choice.by_pca,
        "rows": choice.rows,
    }


def choice_in(value: Any, source: str) -> Choice | None:
    """What `choice_out` gave, None where λ was not chosen.

    Raises:
        InputError: it cannot be how a λ was chosen.
    """
    if value is None:
        return None
    try:
        told = _Choice.model_validate(value)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ", ".join(map(str, (source, *wrong["loc"])))
        raise InputError(where, wrong["input"], f"what this program writes ({wrong['msg']})") from None
    rows, folds = len(told.weights), len(told.scale)
    if len(told.errors) != rows or any(len(row) != folds for row in told.errors):
        raise InputError(f"{source}, errors", f"{len(told.errors)} rows", f"{rows} rows of {folds}")
    if sorted(set(told.weights), reverse=True) != list(told.weights):
        raise InputError(f"{source}, weights", told.weights, "weights that descend")
    return Choice(**dict(told))
