"""The certificate of convexity in sentences: of the layers that there are, and of the limit of many."""

import numpy as np

from autoencode_core.figures.numbers import rounded
from autoencode_core.figures.regimes.convexity import CONVEX, proven
from autoencode_core.figures.theme import join
from autoencode_core.questions.regimes import Curvature, CurvatureDepths
from autoencode_core.words import measured

_NOT = "not convex"


def certificate_words(answer: Curvature, tikhonov: float, depth: int) -> str:
    """What ν says of J at the control of a run, and whether that is said of a minimiser.

    Args:
        answer: what analysis.curvature says.
        tikhonov: λ of the run.
        depth: L.
    """
    nu, still = answer["nu"], answer["stationary"]
    side = proven(2 * tikhonov + min(answer["floor"], nu), 2 * tikhonov + nu)
    layers = f"with its L = {depth} layers"
    if side == CONVEX:
        said = f"**J is locally strongly convex here** {layers}: "
        said += (
            "the control is stationary, so J has this one minimiser around it, and small changes of the data "
            "change it little."
            if still
            else "at this control it bends upwards in every direction."
        )
    elif side == _NOT:
        said = f"**J is not convex here** {layers}: along the first direction below it bends downwards"
        said += (
            ", so this stationary control is no minimiser; more iterations, or a higher λ, lead on."
            if still
            else "."
        )
    else:
        said = f"**Undecided** {layers}: 2λ + ν is above 0, but by less than what Lanczos may have missed."
    if still:
        return said
    return (
        f"{said} But the control is not stationary (‖∇J‖ = {measured(answer['gradient_norm'], 2)}): this "
        "is a "
        "statement on the curvature at this control, not on a minimiser."
    )


def limit_words(answer: CurvatureDepths) -> str:
    """What ν of the same θ(t) with more layers says of J on all of L²(0,T).

    Args:
        answer: what analysis.curvature_depths says.
    """
    depths = [int(depth) for depth in answer["depths"]]
    if len(depths) < 2:
        return "**More layers:** not known, so nothing is said of J on all of L²(0,T)."
    said = f"{_heading(answer, depths)}: {_course(answer, depths)}"
    still = [bool(flag) for flag in answer["stationary"]]
    if still[0] and not still[-1]:
        said += (
            f" With {depths[-1]} layers this θ(t) is not stationary "
            f"(‖∇J‖ = {measured(answer['gradient_norm'][-1], 2)}), so there that is a statement on the "
            "curvature at θ(t), not on a minimiser."
        )
    return said


def _heading(answer: CurvatureDepths, depths: list[int]) -> str:
    """The verdicts of L layers and of the limit, or of the most layers where none is told."""
    shift = float(answer["convexity"][0]) - float(answer["nu"][0])
    sides = [
        proven(shift + min(floor, nu), shift + nu)
        for nu, floor in zip(answer["nu"].tolist(), answer["floor"].tolist(), strict=True)
    ]
    limit, error = answer["limit_convexity"], answer["limit_error"]
    told = bool(np.isfinite(limit))
    here, there = sides[0], proven(limit - error, limit + error) if told else sides[-1]
    where = "in the limit" if told else f"with L = {depths[-1]}"
    words = {CONVEX: "convex", _NOT: _NOT, "undecided": "undecided"}
    same, other = f" and {where}", f", but {words[there]} {where}"
    said = f"**{words[here].capitalize()} with L = {depths[0]} layers{same if here == there else other}**"
    return said if told else f"{said}, and no limit is told"


def _course(answer: CurvatureDepths, depths: list[int]) -> str:
    """The values with more layers, and what they tend to."""
    values = [measured(nu) for nu in answer["nu"].tolist()]
    more = join([f"{depth:,}" for depth in depths[1:]])
    start = f"ν = {values[0]}; the same θ(t) cut into {more} layers has ν = {join(values[1:])}"
    trend, shrink = answer["trend"], answer["shrink"]
    limit, error = answer["limit"], answer["limit_error"]
    total = rounded(answer["limit_convexity"])
    if trend == "still":
        return f"{start}, which is the limit as far as can be told (2λ + ν = {total})."
    if trend == "geometric":
        return (
            f"{start}. Each change is {measured(shrink, 2)} of the one before, so ν tends to about "
            f"{rounded(limit)}, give or take {rounded(error)}, and 2λ + ν to {total}."
        )
    if trend == "few":
        return f"{start}. A limit takes three values."
    return f"{start}. {_why_open(shrink)}"


def _why_open(shrink: float) -> str:
    """Why three values tell no limit."""
    if shrink < 0:
        return "It goes up and down: these are not yet the values of one flow cut finer."
    if shrink >= 1:
        return "The changes grow: nothing shows a limit yet."
    return f"The last change is {measured(shrink, 2)} of the one before: too much to tell where they end."
