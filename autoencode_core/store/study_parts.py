"""A strip cut into strips of fewer λ, which may be computed apart, and one study made of them again."""

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from autoencode_core.errors import InputError
from autoencode_core.store.study import Plan
from autoencode_core.store.study_file import checked_members, write_study


def study_parts(plan: Plan, most: int) -> list[Plan]:
    """The plans of the parts, in the order of their runs; the plan alone where it cannot be cut.

    Minimisers are numbered within a λ, so a λ stays whole; a continuation cannot be cut, since each of its
    runs begins where another one ends.

    Args:
        plan: of the whole study.
        most: most parts, which are as equal as may be.
    """
    weights = plan.tikhonov
    parts = max(1, min(most, len(weights)))
    if plan.kind != "strip" or parts == 1:
        return [plan]
    ends = [round(part * len(weights) / parts) for part in range(parts + 1)]
    return [plan.model_copy(update={"tikhonov": weights[a:b]}) for a, b in pairwise(ends)]


def join_study(plan: Plan, parts: Sequence[bytes]) -> bytes:
    """The file of the whole study; of one that was stopped it has what was trained by then.

    Args:
        plan: of the whole study.
        parts: files of the studies of `study_parts`, in their order.

    Raises:
        InputError: a part is none, or not one of this plan.
    """
    studies, members = zip(*(checked_members(part, "part") for part in parts), strict=True)
    if any(study.spec not in (plan.spec, plan.trained()) for study in studies):
        raise InputError("part", "a part of another study", "parts of one study")
    outcomes = tuple(outcome for study in studies for outcome in study.outcomes)
    whole, buffer = replace(studies[0], outcomes=outcomes), io.BytesIO()
    write_study(buffer, whole, [run for part in members for run in part])
    return buffer.getvalue()
