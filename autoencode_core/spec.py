"""RunSpec: the single source of every knob, its bounds, default, symbol and help text.

Widgets, command-line flags, links, run files and validation all derive from this model.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from autoencode_core import spec_checks as checks
from autoencode_core.changes import MOST_CHANGES, Change, read
from autoencode_core.data.catalogue import CATALOGUE, DatasetCard, card
from autoencode_core.data.reading import Reading
from autoencode_core.errors import InputError
from autoencode_core.spec_defaults import DATASET, filled, located, looked_up

Task = Literal["reconstruct", "denoise", "classify", "transport"]
CoordinateKind = Literal["raw", "standard", "principal", "correlation"]
Profile = Literal["linear", "geometric", "step"]
Order = Literal["natural", "reversed", "variance"]
Method = Literal["pmp", "adam", "lbfgs"]
Metric = Literal["field", "control"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "float64"]
Products = Literal["highest", "fast"]
Auto = Literal["auto"]

AUTO: Auto = "auto"
"""λ that training chooses by cross-validation (training.selection)."""


def _knob(title: str, symbol: str, help: str, *, link: str, group: str = "more", unit: str = "") -> Any:
    """What a widget and a link ("": it is in none) need to know of a knob beyond its type and bounds."""
    return Field(
        title=title,
        description=help,
        json_schema_extra={"symbol": symbol, "link": link, "group": group, "unit": unit},
    )


LEADING = ("dataset", "reading", "task", "method")
"""Knobs that the defaults of the others follow."""


class RunSpec(BaseModel):
    """Everything that determines a run: the same spec, seed and machine give the same run.

    A run that was changed by hand while it trained has those changes in its spec, which so differs from one
    without and still gives the same run again.

    A knob that is not given takes the value that suits the data set (DatasetCard.defaults), else
    the default below. Symbols and meanings are those of Cipriani, Fornasier and Scagliotti (2024).

    Raises:
        pydantic.ValidationError: a value is out of bounds; it names the field, the value and what
            is allowed. `explain` of autoencode_core.knobs turns it into sentences.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    dataset: Annotated[
        str,
        AfterValidator(checks.is_known),
        _knob(
            "Data set",
            "μ₀",
            "The law that the particles are drawn from, or the path of a table or of an IDX file of images.",
            group="main",
            link="data",
        ),
    ] = DATASET
    reading: Annotated[
        Reading,
        AfterValidator(checks.has_a_table),
        _knob(
            "Reading",
            "",
            "How a table is read, and which of its columns and rows are used.",
            group="table",
            link="reading",
        ),
    ] = Reading()
    bottleneck: Annotated[
        int,
        Field(ge=1, le=4096),
        AfterValidator(checks.fits_the_width),
        _knob(
            "Bottleneck width",
            "k",
            "Number of components still active at T/2: the size of the latent code.",
            group="main",
            link="k",
        ),
    ] = 2
    depth: Annotated[
        int,
        Field(ge=4, le=400, multiple_of=2),
        _knob(
            "Depth",
            "L",
            "Number of layers, even: one half encodes, the other half decodes.",
            group="main",
            unit="layers",
            link="L",
        ),
    ] = 20
    horizon: Annotated[
        float,
        Field(ge=0.01, le=100),
        _knob(
            "Time horizon",
            "T",
            "Length of the flow in time. One layer lasts δ = T/L; with tanh in a single layer no "
            "component can travel further than T/2 before the bottleneck.",
            group="main",
            unit="flow time",
            link="T",
        ),
    ] = 5.0
    tikhonov: Annotated[
        Annotated[float, Field(ge=0, le=1e3)] | Auto,
        _knob(
            "Tikhonov weight",
            "λ",
            "Price of the control: J = data term + λ‖θ‖². High: one minimiser, close to PCA. Low: freer "
            "flows and several minimisers. auto: chosen by the data, by cross-validation.",
            group="main",
            link="lambda",
        ),
    ] = 1e-4
    task: Annotated[
        Task,
        AfterValidator(checks.suits_the_data),
        _knob(
            "Task",
            "y",
            "What the particles must become: themselves, their clean version, the position of their label "
            "(encoder only), or the data set's own targets.",
            link="task",
        ),
    ] = "reconstruct"
    particles: Annotated[
        int,
        Field(ge=1, le=10_000_000),
        AfterValidator(checks.are_there),
        _knob(
            "Particles",
            "N",
            "Number of training particles; a quarter as many more are held out for testing.",
            link="N",
        ),
    ] = 500
    noise: Annotated[
        float,
        Field(ge=0, le=10),
        AfterValidator(checks.is_some_if_denoised),
        _knob(
            "Noise",
            "s",
            "Standard deviation of Gaussian noise added to every component: in data units, but where the "
            "coordinates scale (standard, correlation) in units of each component's standard deviation.",
            link="noise",
        ),
    ] = 0.0
    coordinates: Annotated[
        CoordinateKind,
        _knob(
            "Coordinates",
            "C",
            "Where the flow acts: raw data; standard (each column divided by its standard deviation); "
            "principal axes; or correlation: standardised, then principal axes, whatever the columns' units. "
            "On principal axes θ = 0 is PCA if the first ones are kept.",
            link="coords",
        ),
    ] = "principal"
    profile: Annotated[
        Profile | tuple[int, ...],
        BeforeValidator(checks.whole_numbers),
        AfterValidator(checks.narrows),
        _knob(
            "Width profile",
            "aₙ",
            "How the number of active components falls in the encoder: linear, geometric, step, or a list "
            "a₀, …, a_(L/2-1) that starts at d, never grows and ends at k.",
            link="profile",
        ),
    ] = "linear"
    order: Annotated[
        Order | tuple[int, ...],
        BeforeValidator(checks.whole_numbers),
        AfterValidator(checks.permutes),
        _knob(
            "Order of deactivation",
            "Aₙ",
            "Which components go first: natural (the last one), reversed, variance (the least spread; of "
            "standardised ones, which all have one, the least that the others do not tell), or a list of all "
            "components, the one kept longest first.",
            link="order",
        ),
    ] = "natural"
    field: Annotated[
        str,
        AfterValidator(checks.is_registered),
        _knob(
            "Field",
            "F",
            "The controlled field: σ(Wx + b), or V σ(Wx + b) with a hidden layer of m·a units.",
            link="field",
        ),
    ] = "single_layer"
    expansion: Annotated[
        int,
        Field(ge=1, le=16),
        _knob(
            "Expansion",
            "m",
            "Hidden units per active component; only the two-layer field has them.",
            link="m",
        ),
    ] = 4
    hidden: Annotated[
        int | None,
        Field(ge=1, le=4096),
        _knob(
            "Hidden units",
            "h",
            "Hidden units of every layer of the two-layer field, whatever its width; by default m a, the "
            "expansion times the active components.",
            link="h",
        ),
    ] = None
    activation: Annotated[
        str,
        AfterValidator(checks.is_registered),
        _knob("Activation", "σ", "The nonlinearity; identity gives a linear flow.", link="activation"),
    ] = "tanh"
    scheme: Annotated[
        str,
        AfterValidator(checks.is_registered),
        _knob(
            "Scheme",
            "",
            "How a layer is integrated, with θ held on it: euler (order 1; with one sub-step the residual "
            "network itself), midpoint (order 2) or rk4 (order 4).",
            link="scheme",
        ),
    ] = "rk4"
    substeps: Annotated[
        int,
        Field(ge=1, le=64),
        _knob("Sub-steps", "r", "Steps of the scheme in each layer, of length δ/r.", link="substeps"),
    ] = 1
    fidelity: Annotated[
        float | None,
        Field(ge=0, le=1),
        BeforeValidator(checks.off_as_none),
        _knob(
            "Fidelity",
            "",
            "Largest ODE difference that training allows: root mean squared distance of the outputs from "
            "those of the exact flow of the same control, as a share of the targets' spread. Where it is "
            "exceeded on the way, the sub-steps are doubled; off: never.",
            link="fidelity",
        ),
    ] = 0.02
    method: Annotated[
        Method,
        _knob(
            "Method",
            "",
            "pmp: maximise the Hamiltonian layer by layer (J never rises). adam: stochastic gradient. "
            "lbfgs: quasi-Newton with a strong Wolfe search.",
            link="method",
        ),
    ] = "lbfgs"
    iterations: Annotated[
        int,
        Field(ge=1, le=100_000),
        _knob("Iterations", "j", "Most iterations of the method.", link="iterations"),
    ] = 300
    learning_rate: Annotated[
        float,
        Field(gt=0, le=100),
        _knob(
            "First step",
            "τ",
            "First trial step: τ of pmp, the peak of adam's one-cycle, the first step of lbfgs.",
            link="step",
        ),
    ] = 1.0
    batch_size: Annotated[
        int,
        Field(ge=0, le=10_000_000),
        AfterValidator(checks.suits_the_method),
        _knob(
            "Batch size",
            "B",
            "Particles per step of adam; 0 takes all. One iteration is one step; with batches the figures on "
            "the way are those of a batch, at the end those of all. The other methods always take all.",
            link="batch",
        ),
    ] = 0
    inner_steps: Annotated[
        int,
        Field(ge=1, le=20),
        _knob(
            "Inner steps",
            "",
            "Steps of pmp inside each layer's Hamiltonian before the flow is run again.",
            link="inner",
        ),
    ] = 1
    metric: Annotated[
        Metric,
        _knob(
            "Metric",
            "M",
            "How pmp measures a step: by how much it changes the field along the particles' paths, or by "
            "how much it changes the control (as in the paper; needs many more iterations).",
            link="metric",
        ),
    ] = "field"
    tolerance: Annotated[
        float,
        Field(ge=0, le=1),
        _knob(
            "Tolerance",
            "ε",
            "Stop early once the stationarity ‖∇J‖ is at most this; 0: only when nothing can be gained.",
            link="tolerance",
        ),
    ] = 1e-6
    init_scale: Annotated[
        float,
        Field(ge=0, le=10),
        _knob(
            "Initial scale", "s₀", "Spread of the random initial control: W ~ s₀ N(0, 1/a), b = 0.", link="s0"
        ),
    ] = 1.0
    init_outer: Annotated[
        float | None,
        Field(ge=0, le=10),
        _knob(
            "Initial scale of V",
            "s₁",
            "Spread of the initial V of the two-layer field, by default that of W. 0: the flow begins at "
            "rest, so that training sets out from PCA where the coordinates are principal.",
            link="s1",
        ),
    ] = None
    seed: Annotated[
        int,
        Field(ge=0, le=2**31 - 1),
        _knob(
            "Seed",
            "",
            "Fixes the data, the split and the initial control, whatever the other knobs say.",
            link="seed",
        ),
    ] = 0
    data_seed: Annotated[
        int | None,
        Field(ge=0, le=2**31 - 1),
        _knob(
            "Seed of the data",
            "",
            "Fixes the data and the split alone, so that runs of several seeds meet the same particles; "
            "by default that of the run.",
            link="data_seed",
        ),
    ] = None
    device: Annotated[
        Device,
        _knob("Device", "", "Where to compute; auto takes the CPU unless a GPU pays off.", link="device"),
    ] = "auto"
    dtype: Annotated[
        Precision,
        _knob("Precision", "", "Floating-point type of the whole run.", link="precision"),
    ] = "float32"
    precision: Annotated[
        Products,
        _knob(
            "Products",
            "",
            "How a CUDA card multiplies float32 matrices: highest, or fast (TF32), which rounds every factor "
            "to 3 of its 7 digits (a relative 5·10⁻⁴) and makes wide nets several times as quick. Refused "
            "where it would do nothing: on other devices, in float64, for nets of 16 components and fewer.",
            link="products",
        ),
    ] = "highest"
    changes: Annotated[
        tuple[Change, ...],
        Field(max_length=MOST_CHANGES),
        BeforeValidator(read),
        AfterValidator(checks.follow_each_other),
        _knob(
            "Changes by hand",
            "",
            "What a person changed while the run trained: λ or the step, and after which iteration. λ and "
            "first step above are what it began with; the same spec with its changes gives the same run.",
            link="",
            group="log",
        ),
    ] = ()

    if not TYPE_CHECKING:  # type checkers make the signature from the fields

        def __init__(self, /, **knobs: Any) -> None:
            # Here and not in a validator, so that validation reads no file.
            knobs = located(knobs)
            self.__pydantic_validator__.validate_python(
                knobs, self_instance=self, context={"card": looked_up(knobs)}
            )

    @classmethod
    def as_stored(cls, values: Any) -> "RunSpec":
        """A spec as it was stored: no file is looked up, which may have changed or gone since.

        Args:
            values: knobs by name, from anywhere.

        Raises:
            pydantic.ValidationError: a value is out of bounds, or these are no knobs by name.
        """
        name = values.get("dataset", DATASET) if isinstance(values, Mapping) else None
        spec = cls.__new__(cls)
        known = CATALOGUE.get(name) if isinstance(name, str) else None
        cls.__pydantic_validator__.validate_python(values, self_instance=spec, context={"card": known})
        return spec

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any, info: ValidationInfo) -> Any:
        return filled(values, checks.card_of(info)) if isinstance(values, Mapping) else values

    @property
    def weight(self) -> float:
        """λ of the J that training ends with, as a number: that of the last change by hand, if there is one.

        Raises:
            InputError: the data are to choose it, so that it is not known yet.
        """
        return self.weights[-1]

    @property
    def weights(self) -> tuple[float, ...]:
        """λ at the beginning, and after each change of it by hand; raises as `weight`."""
        if self.tikhonov == AUTO:
            raise InputError("tikhonov", AUTO, "a number here: only the training of a single run chooses λ")
        return (self.tikhonov, *(c.tikhonov for c in self.changes if c.tikhonov is not None))

    def weight_at(self, iteration: int) -> float:
        """λ of the J that an iteration lowered; raises as `weight`."""
        before = [c.tikhonov for c in self.changes if c.iteration < iteration and c.tikhonov is not None]
        return before[-1] if before else self.weights[0]

    @property
    def sample(self) -> int:
        """The seed that the data and the split are drawn from."""
        return self.seed if self.data_seed is None else self.data_seed

    def card(self) -> DatasetCard:
        """What is known of the data set.

        Raises:
            InputError: it is a table that is missing or cannot be used.
        """
        return card(self.dataset, self.reading)

    def leading(self) -> dict[str, Any]:
        """The knobs that the defaults of the others follow."""
        return {name: getattr(self, name) for name in LEADING}

    def unchanged(self) -> "RunSpec":
        """This spec as if λ had always been what it was in the end, without changes by hand."""
        return self.but(tikhonov=self.weight, changes=()) if self.changes else self

    def but(self, **changes: Any) -> "RunSpec":
        """This spec with some knobs changed, validated again.

        Knobs that stand at what suits data set, task and method follow those if they change.
        """
        leading = self.leading()
        if changes.get("dataset", self.dataset) != self.dataset:
            del leading["reading"]
        suited = RunSpec(**self.leading())
        chosen = {name: value for name, value in self if value != getattr(suited, name)}
        return RunSpec(**{**leading, **chosen, **changes})
