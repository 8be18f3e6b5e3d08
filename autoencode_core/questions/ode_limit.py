"""What the page ODE limit asks about runs, and what it is told."""

from typing import TypedDict

from autoencode_core.ode import Verdict
from autoencode_core.questions.arrays import Flags, Floats, Integers
from autoencode_core.questions.question import Question


class Steps(TypedDict):
    """A trained network by m methods with s lengths of step, beside an adaptive solver.

    Attributes:
        methods: names of the methods, m of them.
        declared: their orders (m,).
        substeps: sub-steps of a layer (s,), ascending.
        steps: δ/r (s,), flow time.
        difference: root mean squared distance of the outputs to the reference's (m, s), flow coordinates
            (classify: codes).
        error: mean squared distance of output and target (m, s), flow coordinates.
        reference: name of the adaptive solver.
        rtol: its relative tolerance, larger than asked where the field is too steep for that.
        atol: its absolute tolerance.
        evaluations: of the field that it took.
        reference_error: mean squared distance of its outputs to the targets.
        floor: how well it is known: its distance to a solve at ten times the tolerance.
        order: fitted slope of log difference against log step (m,), NaN where it cannot be told.
        order_error: its standard error (m,).
        order_start: (m,), so that difference = exp(order_start) step^order.
        fitted: which differences that is fitted to (m, s).
        spread: root mean squared distance of the targets to their mean.
        network_scheme: the scheme of the network itself.
        network_substeps: its sub-steps.
        network_difference: its own difference.
        network_error: its own error.
        relative: network_difference / spread (of one particle: / its target's length).
        verdict: whether the network is a discretised ODE.
        moved: particles n.
        note: what else to know, "" when nothing.
    """

    methods: list[str]
    declared: Integers
    substeps: Integers
    steps: Floats
    difference: Floats
    error: Floats
    reference: str
    rtol: float
    atol: float
    evaluations: int
    reference_error: float
    floor: float
    order: Floats
    order_error: Floats
    order_start: Floats
    fitted: Flags
    spread: float
    network_scheme: str
    network_substeps: int
    network_difference: float
    network_error: float
    relative: float
    verdict: Verdict
    moved: int
    note: str


class Geometry(TypedDict):
    """Jacobians of a network along its particles, in flow coordinates.

    L is the number of controlled layers (classify: those of the encoder), F = L + 2 frames: X_0, ..., X_E
    before the projection, X_E after it, ...

    Attributes:
        edges: t_n (L+1,).
        times: of the frames (F,), T/2 twice.
        counts: a_n (L,).
        levels: of the quantiles (q,).
        log_det: quantiles (q, F) of log|det| of X_0 -> X_n in the encoder, of X_{L/2} -> X_n in the decoder
            (there from 0 again), -inf for a singular map.
        log_volume: what that tends to as δ -> 0 with the same control (q, F), NaN where the ODE leaves the
            finite numbers.
        smallest: smallest singular value of the layer's Jacobian (active block) over the particles (L,).
        largest: the largest one (L,).
        folded: share of particles at which the Jacobian of a sub-step has det < 0 (L,): neighbouring
            trajectories meet there.
        bound: upper bound of the Lipschitz constant of what a sub-step adds (of Euler with one δ Lip(F_n))
            (L,): below 1 the layer is invertible and nothing crosses in it; NaN where the field gives none.
        closest: smallest distance of two particles during straight sub-steps as a share of that at their
            start (L,), NaN where no two are apart.
        crossed: how many pairs meet in one (L,) (in more than one moving dimension hardly ever one).
        stretch: largest singular value over particles of X_0 -> X_n (F,), in the decoder through the code.
        lipschitz_encoder: lower bound of the Lipschitz constant of x -> z: the larger of the singular values
            at particles and of how far a pair of them is pulled apart.
        lipschitz_decoder: likewise of z -> X_L, NaN without a decoder.
        lipschitz_whole: likewise of x -> X_L.
        lipschitz_bound_encoder: upper bound of the first, the product of 1 + bound over all sub-steps.
        lipschitz_bound_decoder: of the second.
        lipschitz_bound_whole: of the third.
        speed: largest |component of F_n| over particles (L,).
        speed_limit: what no component can exceed anywhere (the field's own bound), NaN where there is none.
        reach: speed_limit T/2.
        half_horizon: T/2.
        moved: largest |x_i(T/2) - x_i(0)| over particles and components, before the projection.
        particles: n.
        note: what else to know, "" when nothing.
    """

    edges: Floats
    times: Floats
    counts: Integers
    levels: Floats
    log_det: Floats
    log_volume: Floats
    smallest: Floats
    largest: Floats
    folded: Floats
    bound: Floats
    closest: Floats
    crossed: Integers
    stretch: Floats
    lipschitz_encoder: float
    lipschitz_decoder: float
    lipschitz_whole: float
    lipschitz_bound_encoder: float
    lipschitz_bound_decoder: float
    lipschitz_bound_whole: float
    speed: Floats
    speed_limit: float
    reach: float
    half_horizon: float
    moved: float
    particles: int
    note: str


class Depth(TypedDict):
    """A run at g depths, each twice the one before; the first is the run as it is.

    Attributes:
        depths: L (g,).
        steps: T/L (g,), flow time.
        refined_cost: J of the refined control before the training (g,) (level 0: of the run).
        cost: J after it (g,).
        data_term: its first part (g,).
        penalty: its second part (g,).
        test_error: (g,), flow coordinates.
        moved: how far the training moved the control, in L²(0,T) (g,) (level 0: NaN).
        output_change: root mean squared distance of the outputs to those of the level before (g,), flow
            coordinates (level 0: NaN).
        ode_difference: likewise between the network and its own ODE (g,) (RK4 with 16 sub-steps a layer).
        iterations: of each training (g,).
        ended: how each training ended, g of them.
        spread: root mean squared distance of the targets to their mean.
        rate: slope of log ode_difference against log T/L, NaN where fewer than three levels differ.
        rate_error: its standard error.
        order: of the scheme.
        moved_particles: how many particles are moved.
        note: what else to know, "" when nothing.
    """

    depths: Integers
    steps: Floats
    refined_cost: Floats
    cost: Floats
    data_term: Floats
    penalty: Floats
    test_error: Floats
    moved: Floats
    output_change: Floats
    ode_difference: Floats
    iterations: Integers
    ended: list[str]
    spread: float
    rate: float
    rate_error: float
    order: int
    moved_particles: int
    note: str


STEPS: Question[Steps] = Question("steps", "autoencode_core.analysis.ode_limit.steps:steps", heavy_from=1e9)
GEOMETRY: Question[Geometry] = Question("geometry", "autoencode_core.analysis.ode_limit.geometry:geometry")
DEPTH: Question[Depth] = Question("depth", "autoencode_core.analysis.ode_limit.depth:depth", heavy=True)
