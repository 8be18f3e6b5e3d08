"""A strip cut into strips of fewer λ, which may be computed apart, and one study made of them again."""

import io
from collections.abc import Sequence
from dataclasses import replace

from autoencode_core.errors import InputError
from autoencode_core.store.study import Plan, Setting
from autoencode_core.store.study_file import checked_members, write_study


def study_parts(plan: Plan, most: int) -> list[Plan]:
    """The plans of the parts; the plan alone where it cannot be cut.

    They take turns with the λ, as the low ones take longer.

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
    return [plan.model_copy(update={"tikhonov": weights[place::parts]}) for place in range(parts)]


def places_of(part: Plan, plan: Plan) -> list[int]:
    """Where the runs of a part stand among those of the whole."""
    whole = plan.settings()
    return [whole.index(setting) for setting in part.settings()]


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
    places = {setting: place for place, setting in enumerate(plan.settings())}
    runs = [
        run
        for part in zip(studies, members, strict=True)
        for run in zip(part[0].outcomes, part[1], strict=True)
    ]
    runs.sort(key=lambda run: places[Setting(run[0].tikhonov, run[0].seed)])
    whole, buffer = replace(studies[0], outcomes=tuple(outcome for outcome, _ in runs)), io.BytesIO()
    write_study(buffer, whole, [data for _, data in runs])
    return buffer.getvalue()
