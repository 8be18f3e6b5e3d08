"""AutoencODETransformer: an AutoencODE as scikit-learn knows transformers.

Imports torch and scikit-learn, so neither the server nor the command line imports it.
"""

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from autoencode_core.analysis.run_particles import codes_of, outputs_of
from autoencode_core.data.catalogue import GIVEN, suited
from autoencode_core.data.loading import given
from autoencode_core.errors import InputError
from autoencode_core.knobs import explain
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.training.records import record_of, run_of
from autoencode_core.training.run import DTYPES, RunData
from autoencode_core.training.selection import train

Floats = NDArray[np.floating[Any]]

_PRECISIONS = [np.float64, np.float32]
_OTHER_NAMES = {"bottleneck": "n_components", "seed": "random_state"}
"""What scikit-learn calls a knob."""


class AutoencODETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Nonlinear reduction of a table to a few numbers by a width-varying flow, and the way back.

    At θ = 0 it is PCA (of the standardised columns in the default coordinates); training goes on from
    there. It computes in the precision of the table that it is fitted to, float32 or float64.

    Args:
        n_components: bottleneck width k, the length of the code, 1 to the number of columns.
        tikhonov: Tikhonov weight λ >= 0, the price of the control: small ones fit more freely; "auto"
            chooses it by cross-validation on the rows of `fit`.
        coordinates: where the flow acts and distances are measured; "correlation" does not depend on the
            columns' units.
        field, expansion, depth, horizon, iterations, learning_rate: the controlled field, its layers, and how
            it is trained; None takes what suits a table (catalogue.suited) and the method.
        random_state: an int for the same result at every fit, a RandomState, or None.
        profile, order, activation, scheme, substeps, fidelity, method, batch_size, inner_steps, metric,
        tolerance, init_scale, device, precision: knobs of RunSpec, whose help says what they mean.

    Attributes:
        run_: the trained Run; `RunStore().save(run_)` puts it into the laboratory.
        tikhonov_: the Tikhonov weight that it was trained with; run_.choice tells how it was chosen.
        n_iter_: iterations that were run.
        n_features_in_, feature_names_in_: columns seen by `fit`; names only where it was given a table
            with names.

    A pickle holds parameters, names and the run as the bytes of an .autoencode file, which is read with all
    checks. Such a file keeps up to 500 rows of the training data for the laboratory's pictures.

    Source:
        docs/theory.md, sections 2 to 4.
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        tikhonov: float | str = "auto",
        coordinates: str = "correlation",
        profile: str | tuple[int, ...] = "linear",
        order: str | tuple[int, ...] = "natural",
        field: str | None = None,
        expansion: int | None = None,
        depth: int | None = None,
        horizon: float | None = None,
        activation: str = "tanh",
        scheme: str = "rk4",
        substeps: int = 1,
        fidelity: float | None = 0.02,
        method: str = "lbfgs",
        iterations: int | None = None,
        learning_rate: float | None = None,
        batch_size: int = 0,
        inner_steps: int = 1,
        metric: str = "field",
        tolerance: float = 1e-6,
        init_scale: float = 1.0,
        device: str = "auto",
        precision: str = "highest",
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.tikhonov = tikhonov
        self.coordinates = coordinates
        self.profile = profile
        self.order = order
        self.field = field
        self.expansion = expansion
        self.depth = depth
        self.horizon = horizon
        self.activation = activation
        self.scheme = scheme
        self.substeps = substeps
        self.fidelity = fidelity
        self.method = method
        self.iterations = iterations
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.inner_steps = inner_steps
        self.metric = metric
        self.tolerance = tolerance
        self.init_scale = init_scale
        self.device = device
        self.precision = precision
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Trains on all rows.

        Args:
            X: table (N, d) of finite numbers, at least 2 rows.
            y: not used.

        Raises:
            InputError: a parameter is out of bounds or does not fit the table (a ValueError).
        """
        table = validate_data(self, X, dtype=_PRECISIONS, ensure_min_samples=2)
        names = map(str, getattr(self, "feature_names_in_", ()))
        source = given(np.array(table, dtype=np.float64), columns=tuple(names))  # their own: X may change
        try:
            spec = self._spec(table)
            run = train(spec, data=RunData.of(source, DTYPES[spec.dtype]))
        except ValidationError as error:
            raise _renamed(explain(error)[0]) from None
        except InputError as error:
            raise _renamed(error) from None
        if run.status == "diverged":
            warnings.warn(run.message, ConvergenceWarning, stacklevel=2)
        self.run_ = run
        self.tikhonov_ = run.spec.weight
        self.n_iter_ = len(run.history["iteration"]) - 1
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Codes (N, k) of rows (N, d), in the flow's units."""
        table = self._table(X)
        return codes_of(self.run_, table).astype(table.dtype)

    def inverse_transform(self, Z: ArrayLike) -> Floats:
        """Rows (N, d) in data units from codes (N, k).

        Raises:
            InputError: Z has another number of columns (a ValueError).
        """
        check_is_fitted(self)
        codes = check_array(Z, dtype=_PRECISIONS)
        return outputs_of(self.run_, codes).astype(codes.dtype)

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """The explained share: 1 - mean squared error / variance of the rows, in flow coordinates.

        1 is perfect, 0 as good as the rows' mean. Where the rows do not vary, it is 1 if they are met
        exactly, else 0.

        Args:
            X: table (N, d), at least 2 rows.
            y: not used.
        """
        table = self._table(X)
        back = outputs_of(self.run_, codes_of(self.run_, table))
        to_flow = self.run_.model.coordinates.to_flow
        return float(r2_score(to_flow(table), to_flow(back), multioutput="variance_weighted"))

    def _table(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        table: Floats = validate_data(self, X, dtype=_PRECISIONS, reset=False)
        return table

    def _spec(self, table: Floats) -> RunSpec:
        """The parameters as knobs, None left to the defaults."""
        rows, width = table.shape
        knobs = {_KNOBS.get(name, name): value for name, value in self.get_params(deep=False).items()}
        chosen = {name: value for name, value in knobs.items() if value is not None or name == "fidelity"}
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        particulars = {"dataset": GIVEN, "particles": rows, "dtype": str(table.dtype), "seed": seed}
        return RunSpec(**{**suited(width), **chosen, **particulars})

    @property
    def _n_features_out(self) -> int:
        return int(self.run_.spec.bottleneck)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "run_" in state:
            state["run_"] = pack(record_of(state["run_"]))
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        kept = dict(state)
        if "run_" in kept:
            kept["run_"] = run_of(unpack(kept["run_"], "estimator"))
        super().__setstate__(kept)


_KNOBS = {name: knob for knob, name in _OTHER_NAMES.items()}


def _renamed(error: InputError) -> InputError:
    """The complaint with scikit-learn's name of the knob."""
    return InputError(_OTHER_NAMES.get(error.field, error.field), error.value, error.allowed)
