"""What the page Latent asks about runs, and what it is told."""

from typing import TypedDict, final

from autoencode_core.questions.arrays import Flags, Floats, Integers
from autoencode_core.questions.question import Question


class Decode(TypedDict):
    """The decoder's trajectories of m codes, and the training particles nearest to them.

    Where no particle is left to compare with, the number is -1 and the rest is NaN.

    Attributes:
        states: (D + 1, m, d) in flow coordinates, float32, from T/2 after the projection to T.
        times: (D + 1,).
        outputs: (m, d) in data units.
        nearest: number of the training particle whose code is the nearest (m,).
        nearest_data: its target in data units (m, d).
        code_distance: between the codes (m,).
        data_distance: between the particle and the output, in flow coordinates (m,).
        left_out: how many training particles have no finite code.
        note: what else to know, "" when nothing.
    """

    states: Floats
    times: Floats
    outputs: Floats
    nearest: Integers
    nearest_data: Floats
    code_distance: Floats
    data_distance: Floats
    left_out: int
    note: str


class DecodedGrid(TypedDict):
    """What the decoder makes of a grid of codes: p of them, or p × p.

    The first axis of an array is the second component of the place.

    Attributes:
        places: of the grid, (p, 1) for k = 1, for k = 2 and in a plane (p, p, 2).
        codes: (p, k) or (p, p, k).
        outputs: (p, d) or (p, p, d) in data units.
        states: at T, (p, d) or (p, p, d) in flow coordinates.
    """

    places: Floats
    codes: Floats
    outputs: Floats
    states: Floats


class Walk(TypedDict):
    """A straight walk of m steps between two codes, decoded.

    Attributes:
        codes: (m, k).
        outputs: (m, d) in data units.
        states: at T, (m, d) in flow coordinates.
        length: of the decoded path, in flow coordinates.
        distance: between its ends, in flow coordinates.
    """

    codes: Floats
    outputs: Floats
    states: Floats
    length: float
    distance: float


class Embedding(TypedDict):
    """n codes laid out in the plane or in space.

    Attributes:
        points: (n, dimensions), float32, NaN for codes that are not finite.
        explained: share of the variance along each principal axis (dimensions,), empty for t-SNE.
        perplexity: as used, 0 for PCA.
        divergence: what t-SNE minimises, at its end, 0 for PCA.
        left_out: how many codes are not finite.
    """

    points: Floats
    explained: Floats
    perplexity: float
    divergence: float
    left_out: int


class Activity(TypedDict):
    """How much each component of the code is used.

    Attributes:
        mean: (k,).
        variance: (k,).
        participation: the ratio (Σ v)² / Σ v² of the eigenvalues v of the codes' covariance, the number of
            directions that carry the variance, the same however the code is turned (0 when all codes are
            equal).
        correlation: (k, k), NaN beside a constant component.
        particles: how many there are.
        left_out: how many have no finite code.
        note: what else to know, "" when nothing.
    """

    mean: Floats
    variance: Floats
    participation: float
    correlation: Floats
    particles: int
    left_out: int
    note: str


class Neighbours(TypedDict):
    """How well the nearest neighbours tell the class.

    Attributes:
        code: share of the test particles classified rightly by the code.
        raw: likewise by the data.
        pca: likewise by as many principal axes.
        chance: the share that the most frequent class of the training particles would give.
        k: neighbours that vote.
        train: number of training particles.
        test: number of test particles.
        left_out: how many of both have no finite code (they are not used).
    """

    code: float
    raw: float
    pca: float
    chance: float
    k: int
    train: int
    test: int
    left_out: int


class KnownRows(TypedDict):
    """Rows of a run with their codes.

    Attributes:
        numbers: of the rows (n,) in their file, ascending, or counted through training and then test
            particles.
        test: which are for testing (n,).
        codes: (n, k).
        errors: squared distance to the target in flow coordinates (n,), NaN where it is not known.
    """

    numbers: Integers
    test: Flags
    codes: Floats
    errors: Floats


@final
class OwnRows(KnownRows):
    """All rows of a run, training and test; a classifier's have no errors.

    Attributes:
        labels: class numbers (n,), empty when unlabelled.
        outputs: what they come back as (n, d) in data units, (n, 0) where that is not asked for.
    """

    labels: Integers
    outputs: Floats


@final
class NewRows(TypedDict):
    """m new rows beside those that a run was trained on.

    Attributes:
        codes: (m, k).
        outputs: what they come back as (m, d) in data units, (m, 0) where that is not asked for.
        errors: squared distance of row and output in flow coordinates (m,), NaN where nobody knows what a row
            is to become (transport, classify).
        smaller: share of the training rows whose error is smaller (m,).
        unusual: whether that is 99 % or more (m,).
        bound: the 99th percentile of the training rows' errors.
        note: what else to know, "" when nothing.
    """

    codes: Floats
    outputs: Floats
    errors: Floats
    smaller: Floats
    unusual: Flags
    bound: float
    note: str


DECODE: Question[Decode] = Question("decode", "autoencode_core.analysis.latent.decode:decode")
DECODED_GRID: Question[DecodedGrid] = Question(
    "decoded_grid", "autoencode_core.analysis.latent.decode:decoded_grid"
)
WALK: Question[Walk] = Question("walk", "autoencode_core.analysis.latent.decode:walk")
EMBEDDING: Question[Embedding] = Question("embedding", "autoencode_core.analysis.latent.codes:embedding")
ACTIVITY: Question[Activity] = Question("activity", "autoencode_core.analysis.latent.codes:activity")
NEIGHBOURS: Question[Neighbours] = Question("neighbours", "autoencode_core.analysis.latent.codes:neighbours")
OWN_ROWS: Question[OwnRows] = Question("own_rows", "autoencode_core.analysis.latent.rows:own_rows")
NEW_ROWS: Question[NewRows] = Question("new_rows", "autoencode_core.analysis.latent.rows:new_rows")
