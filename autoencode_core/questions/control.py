"""What the page Control asks about runs, and what it is told.

L is the number of controlled layers, δ their length, S the number of their ends, n the number of particles,
d that of components. States and costates are in flow coordinates, in natural order.
"""

from typing import Literal, TypedDict

from autoencode_core.questions.arrays import Flags, Floats, Integers, Texts
from autoencode_core.questions.question import Question

# ---- along


class Along(TypedDict):
    """θ(t) as a heat strip: an entry of W, b or V a row (E of them), a layer a column.

    Attributes:
        values: (E, L), NaN where an entry is not active.
        labels: (E,), what the rows are called.
        groups: names of the blocks, "W", "b"[, "V"].
        borders: (blocks + 1,), the rows at which the blocks begin, and E.
        counts: (L,), a_n.
        edges: (L + 1,), the times between layers.
        norm: (L,), |θ_n|.
        whole: whether every entry has a row.
        spread: root mean square distance of the probe batch from its mean at t = 0, 1 where it is 0.
        size: root mean square of |(x, 1)| of the probe batch at t = 0.
    """

    values: Floats
    labels: Texts
    groups: list[str]
    borders: Integers
    counts: Integers
    edges: Floats
    norm: Floats
    whole: bool
    spread: float
    size: float


class Hamiltonian(TypedDict):
    """The Hamiltonian along t, and what belongs to it.

    Attributes:
        times: (L,), t_n.
        hamiltonian: (L,), H_n(θ_n).
        field_part: (L,), -(1/δ) Σ κ·F.
        norm: (L,), |θ_n|.
        speed: (L,), the particles' mean |F_n|.
        stationarity: (L,), |∇J_n|.
        counts: (L,), a_n.
        jumps: the layers at which the width changes, where H may jump; between them it is constant along an
            optimal control as δ -> 0.
        drift: (jumps + 1,), largest less smallest H of each interval of constant width.
        cost: J.
        rate: J a unit of t, the natural size of an H.
        gradient_norm: ‖∇J‖.
        note: what a person must know of the particles.
    """

    times: Floats
    hamiltonian: Floats
    field_part: Floats
    norm: Floats
    speed: Floats
    stationarity: Floats
    counts: Integers
    jumps: Integers
    drift: Floats
    cost: float
    rate: float
    gradient_norm: float
    note: str


class Maximality(TypedDict):
    """The residuals of maximality, R_n = max_θ H_n(θ) - H_n(θ_n) >= 0, from below.

    Attributes:
        times: (L,), t_n.
        residual: (L,), R_n, infinite where H_n has no upper bound.
        hamiltonian: (L,), H_n(θ_n).
        maximum: (L,), the largest H_n found.
        norm: (L,), |θ_n|.
        maximal_norm: (L,), |θ| of the maximiser.
        total: δ Σ R_n.
        gap: total / J, what such changes would gain at first order on vanishing stretches of t, beside J (it
            may exceed 1 by far); NaN where J is 0.
        cost: J.
        note: what a person must know of particles and maxima.
    """

    times: Floats
    residual: Floats
    hamiltonian: Floats
    maximum: Floats
    norm: Floats
    maximal_norm: Floats
    total: float
    gap: float
    cost: float
    note: str


class LocalMaximality(Maximality):
    """The residuals of maximality over |θ - θ_n| <= ρ.

    Attributes:
        radius: ρ.
    """

    radius: float


class MaximalityPath(TypedDict):
    """Stationarity and maximality at c moments of a training; NaN where a control is not finite.

    Attributes:
        iterations: (c,).
        local_residual: (c, L), R_n over |θ - θ_n| <= ρ.
        residual: (c, L), R_n over all θ; NaN where the field is no sum over hidden units.
        stationarity: (c, L), |∇J_n|.
        local_total: (c,), δ Σ R_n nearby.
        total: (c,), δ Σ R_n over all θ.
        gradient_norm: (c,), ‖∇J‖.
        cost: (c,), J.
        times: (L,), t_n.
        radius: ρ.
        note: what a person must know of the particles.
    """

    iterations: Integers
    local_residual: Floats
    residual: Floats
    stationarity: Floats
    local_total: Floats
    total: Floats
    gradient_norm: Floats
    cost: Floats
    times: Floats
    radius: float
    note: str


ALONG: Question[Along] = Question("along", "autoencode_core.analysis.control.along:along")
HAMILTONIAN: Question[Hamiltonian] = Question(
    "hamiltonian", "autoencode_core.analysis.control.along:hamiltonian"
)
LOCAL_MAXIMALITY: Question[LocalMaximality] = Question(
    "local_maximality", "autoencode_core.analysis.control.maximality:local_maximality", heavy_from=1e7
)
MAXIMALITY: Question[Maximality] = Question(
    "maximality", "autoencode_core.analysis.control.maximality:maximality", heavy=True
)
MAXIMALITY_PATH: Question[MaximalityPath] = Question(
    "maximality_path", "autoencode_core.analysis.control.maximality:maximality_path", heavy=True
)

# ---- costates and one iteration


class Costates(TypedDict):
    """States and costates of the probe batch at the ends of layers, S = L + 1.

    Attributes:
        times: (S,), t.
        states: (S, n, d), at T/2 after the projection.
        costates: (S, n, d), N p_n with N the number of training particles, so that sizes do not depend on it:
            N p is the derivative of the particle's own squared error by its state. At T/2 the one that the
            encoder meets, Π p.
        unprojected: (n, d), N p at T/2 before the projection sets I_* to 0.
        dropped: (n, d), the states at T/2 before the projection.
        active: (S, d), which components are driven.
        hue: (n,), what particles are coloured by.
        labels: (n,), class numbers, or empty.
    """

    times: Floats
    states: Floats
    costates: Floats
    unprojected: Floats
    dropped: Floats
    active: Flags
    hue: Floats
    labels: Integers


class Iteration(Costates):
    """One iteration of pmp with its m trials of τ, and `Costates` at the control θ^j that it starts from.

    Attributes:
        iteration: j.
        cost: J(θ^j).
        data_term: its first part.
        gradient_norm: ‖∇J(θ^j)‖.
        hamiltonian: (L,), H_n(θ_n^j).
        tau: (m,), τ.
        trial_cost: (m,), J(θ).
        bound: (m,), what J had to reach.
        move: (m,), ‖θ - θ^j‖.
        trial_hamiltonian: (m, L), H_n(θ_n).
        augmented: (m, L), H_n(θ_n) - |θ_n - θ_n^j|²/(2τ).
        trial_move: (m, L), |θ_n - θ_n^j|.
        accepted: whether the last trial was.
        inner_steps: proximal steps of a trial.
        sufficient: c of the condition on J.
        next_tau: τ with which the next iteration begins.
        states_after: (S, n, d), the states at the last trial.
        costates_after: (S, n, d), the costates there.
        dropped_after: (n, d), as `dropped` there.
        note: what a person must know of particles and metric.
    """

    iteration: int
    cost: float
    data_term: float
    gradient_norm: float
    hamiltonian: Floats
    tau: Floats
    trial_cost: Floats
    bound: Floats
    move: Floats
    trial_hamiltonian: Floats
    augmented: Floats
    trial_move: Floats
    accepted: bool
    inner_steps: int
    sufficient: float
    next_tau: float
    states_after: Floats
    costates_after: Floats
    dropped_after: Floats
    note: str


COSTATES: Question[Costates] = Question("costates", "autoencode_core.analysis.control.costates:costates")
ITERATION: Question[Iteration] = Question("iteration", "autoencode_core.analysis.control.iteration:iteration")

# ---- methods

Ending = Literal["converged", "stalled", "diverged", "finished"]
"""How a training by one method ended: "stalled" without a descent, "finished" after its iterations."""


class Methods(TypedDict):
    """M methods from the same start, by method and iteration (M, j + 1), NaN after the end.

    Attributes:
        methods: their names.
        cost: (M, j + 1), J.
        gradient_norm: (M, j + 1), ‖∇J‖.
        evaluations: (M, j + 1), gradients of all particles until then; a batch counts as its share.
        seconds: (M, j + 1), of cost and gradient only, one thread unless layers are large.
        ended: how each ended.
        metric: that of pmp, "control" or "field".
        note: what a person must know of the particles.
    """

    methods: list[str]
    cost: Floats
    gradient_norm: Floats
    evaluations: Floats
    seconds: Floats
    ended: list[Ending]
    metric: str
    note: str


METHODS: Question[Methods] = Question(
    "methods", "autoencode_core.analysis.control.methods:methods", heavy=True
)

# ---- which component


class Choices(TypedDict):
    """A classifier of data in the plane trained twice: with the last component turned off, and the first.

    Attributes:
        off: (2,), which component is turned off, by number.
        accuracy: (2, …), share of the test particles that are taken for what they are.
        columns: names of the components.
        chance: share of the largest class.
        tested: how many test particles there are.
        note: empty.
    """

    off: Integers
    accuracy: Floats
    columns: list[str]
    chance: float
    tested: int
    note: str


class Component(Choices):
    """Both choices at one horizon, (2, …); `accuracy` is (2,).

    Attributes:
        states: (2, S, n, 2) of training particles in flow coordinates, at T/2 after the projection.
        dropped: (2, n, 2), at T/2 before it.
        active: (2, S, 2), which components are driven.
        times: (S,), t.
        predicted: (2, n), the class that each particle is taken for: whose position is nearest to its code.
        train_accuracy: (2,), as `accuracy`, of the training particles.
        cost: (2,), J.
        ended: how each training ended.
        labels: (n,), class numbers.
        positions: (C,), where the codes of the classes belong.
        names: of the C classes.
        own: whether the spec is the run's.
        spec: all its knobs.
    """

    states: Floats
    dropped: Floats
    active: Flags
    times: Floats
    predicted: Integers
    train_accuracy: Floats
    cost: Floats
    ended: list[str]
    labels: Integers
    positions: Floats
    names: list[str]
    own: bool
    spec: dict[str, object]


class ComponentHorizons(Choices):
    """Both choices against the horizon; `accuracy` is (2, h, s).

    Attributes:
        horizons: (h,), T.
        seeds: (s,), of the initial controls.
    """

    horizons: Floats
    seeds: Integers


COMPONENT: Question[Component] = Question(
    "component", "autoencode_core.analysis.control.component:component", heavy=True
)
COMPONENT_HORIZONS: Question[ComponentHorizons] = Question(
    "component_horizons", "autoencode_core.analysis.control.component:component_horizons", heavy=True
)
