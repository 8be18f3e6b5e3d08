"""What the page Regimes asks about runs, and what it is told.

P is the number of entries of a control, n that of particles, d of components, k of numbers in a code. Norms
of controls are those of L²(0,T).
"""

from typing import Literal, TypedDict, final

from autoencode_core.questions.arrays import Flags, Floats, Integers
from autoencode_core.questions.question import Question

# ---- convexity


class Curvature(TypedDict):
    """The ends of the spectrum of the data term's Hessian in L²(0,T), and whether J is locally convex.

    Attributes:
        values: (c,), the smallest eigenvalues, ascending.
        vectors: (c, P), their directions, of norm 1.
        bound: (c,), ‖H v - ν v‖: some eigenvalue lies within it of the value.
        nu: ν, the first of the values.
        floor: with probability 0.999 no eigenvalue is smaller; what 2λ must outweigh.
        largest: the largest eigenvalue.
        largest_values: (2,), the two largest, descending.
        largest_vectors: (2, P), of norm 1.
        largest_bound: (2,), as `bound`.
        lambda_conv: max(0, -ν/2), the λ above which J would be convex there.
        convexity: 2λ + ν at the run's λ.
        gradient_norm: ‖∇J‖.
        remaining: the share of J that its slope leaves to fall.
        stationary: whether that is at most 0.001.
        data_term: its value there.
        cost: J.
        spectrum: (P,), all eigenvalues, or empty.
        products: of the Hessian with a vector.
        exact: whether the whole Hessian was formed.
        note: what a person must know of particles, kinks and limits.
    """

    values: Floats
    vectors: Floats
    bound: Floats
    nu: float
    floor: float
    largest: float
    largest_values: Floats
    largest_vectors: Floats
    largest_bound: Floats
    lambda_conv: float
    convexity: float
    gradient_norm: float
    remaining: float
    stationary: bool
    data_term: float
    cost: float
    spectrum: Floats
    products: int
    exact: bool
    note: str


class Curvatures(TypedDict):
    """ν of m runs, NaN where a run diverged.

    Attributes:
        nu: (m,), ν.
        bound: (m,), as in `Curvature`, of ν.
        floor: (m,), as there.
    """

    nu: Floats
    bound: Floats
    floor: Floats


class CurvaturePath(TypedDict):
    """ν at c moments of a training, NaN where a control is not finite.

    Attributes:
        iterations: (c,).
        nu: (c,), ν.
        bound: (c,), as in `Curvature`, of ν.
        floor: (c,), as there.
        data_term: (c,).
        cost: (c,), J.
        note: what a person must know of particles and kinks.
    """

    iterations: Integers
    nu: Floats
    bound: Floats
    floor: Floats
    data_term: Floats
    cost: Floats
    note: str


Trend = Literal["still", "geometric", "open", "few"]
"""Whether values tend to a limit: they no longer change; as a geometric sequence; no limit is told; there are
fewer than three."""


class CurvatureDepths(TypedDict):
    """ν of one θ(t) at g numbers of layers, and its limit.

    Attributes:
        depths: (g,), layers.
        steps: (g,), T/layers.
        nu: (g,), ν.
        bound: (g,), as in `Curvature`, of ν.
        floor: (g,), as there.
        convexity: (g,), 2λ + ν at the run's λ.
        gradient_norm: (g,), ‖∇J‖.
        remaining: (g,), as in `Curvature`.
        stationary: (g,), as there.
        cost: (g,), J.
        data_term: (g,).
        products: (g,), of the Hessian with a vector.
        trend: whether ν tends to a limit.
        shrink: r, the last change as a share of the one before, NaN where it is not told.
        limit: of ν, NaN where it is not told.
        limit_error: what it may be wrong by, NaN where it is not told.
        limit_convexity: 2λ + limit, NaN where it is not told.
        note: what a person must know of particles, kinks and the depths left out.
    """

    depths: Integers
    steps: Floats
    nu: Floats
    bound: Floats
    floor: Floats
    convexity: Floats
    gradient_norm: Floats
    remaining: Floats
    stationary: Flags
    cost: Floats
    data_term: Floats
    products: Integers
    trend: Trend
    shrink: float
    limit: float
    limit_error: float
    limit_convexity: float
    note: str


class FlatDirection(TypedDict):
    """The flow at m controls along a direction, θ* + s v with ‖v‖ = 1.

    Attributes:
        amounts: (m,), s.
        outputs: (m, n, d) of the probe batch in data units (classify: its codes).
        codes: (m, n, k) of the probe batch.
        moved: (m,), root mean square of how far outputs moved, in flow coordinates.
        data_term: (m,), on the training particles.
        square: (m,), ‖θ* + s v‖².
        cost: (m,), J at the run's λ.
        note: what a person must know of the particles.
    """

    amounts: Floats
    outputs: Floats
    codes: Floats
    moved: Floats
    data_term: Floats
    square: Floats
    cost: Floats
    note: str


CURVATURE: Question[Curvature] = Question(
    "curvature", "autoencode_core.analysis.regimes.convexity:curvature", heavy_from=1e6
)
CURVATURES: Question[Curvatures] = Question(
    "curvatures", "autoencode_core.analysis.regimes.convexity:curvatures", wants="runs", heavy=True
)
CURVATURE_PATH: Question[CurvaturePath] = Question(
    "curvature_path", "autoencode_core.analysis.regimes.convexity:curvature_path", heavy=True
)
CURVATURE_DEPTHS: Question[CurvatureDepths] = Question(
    "curvature_depths", "autoencode_core.analysis.regimes.convexity_depths:curvature_depths", heavy=True
)
FLAT_DIRECTION: Question[FlatDirection] = Question(
    "flat_direction", "autoencode_core.analysis.regimes.convexity:flat_direction", heavy_from=1e8
)

# ---- landscape: J = data_term + λ square, for every λ at once


@final  # so that it is told from a plane by its keys
class LandscapeLine(TypedDict):
    """The data term on the line θ(s) = (1 - s) θ* + s θ_other.

    Attributes:
        s: (p,), 0 and 1 among them.
        data_term: (p,), on the training particles, not finite where particles run away.
        square: (p,), ‖θ(s)‖².
        distance: ‖θ_other - θ*‖.
        note: what a person must know of the particles.
    """

    s: Floats
    data_term: Floats
    square: Floats
    distance: float
    note: str


@final
class LandscapePlane(TypedDict):
    """The data term on a plane through θ*.

    Attributes:
        a: (p,), distances from θ* along the first axis.
        b: (p,), along the second.
        axes: (2, P), of norm 1.
        data_term: (p, p), b along the first axis, not finite where particles run away.
        square: (p, p), ‖θ‖².
        marks: (m, 2), the places of θ* and of the minimisers.
        marks_data_term: (m,), at them exactly.
        marks_square: (m,), at them exactly.
        path: (c, 2), the controls of the training projected; empty for a run that kept none.
        path_off: (c,), how far off the plane they are.
        zero: (2,), θ = 0 projected.
        zero_off: how far off the plane it is.
        zero_data_term: at θ = 0 itself.
        values: (2,), eigenvalues along the axes, empty where they are not known.
        note: what a person must know of the particles.
    """

    a: Floats
    b: Floats
    axes: Floats
    data_term: Floats
    square: Floats
    marks: Floats
    marks_data_term: Floats
    marks_square: Floats
    path: Floats
    path_off: Floats
    zero: Floats
    zero_off: float
    zero_data_term: float
    values: Floats
    note: str


LANDSCAPE_LINE: Question[LandscapeLine] = Question(
    "landscape_line", "autoencode_core.analysis.regimes.landscape:line"
)
LANDSCAPE_PLANE: Question[LandscapePlane] = Question(
    "landscape_plane", "autoencode_core.analysis.regimes.landscape:plane", heavy_from=1e6
)
