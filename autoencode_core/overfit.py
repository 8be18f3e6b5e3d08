"""Whether a run overfits, in words: shared by pages and the command line (no torch)."""

from collections.abc import Mapping

from autoencode_core.words import measured

OVERFITS = 1.5
"""Test error over train error from which on a run is said to overfit."""
NEGLIGIBLE = 0.01
"""Unexplained share of the test particles below which it does not matter."""


def overfit_sentence(summary: Mapping[str, float | None]) -> str:
    """That a run does far worse on new particles than on its own, and what helps; "" where it does not.

    Nothing is said where the test error is below a hundredth of the variance, nor where PCA, which hardly
    overfits, finds the test particles as much harder: then it is they.

    Args:
        summary: of the run, in flow coordinates (RunRecord.summary).
    """
    ratio = _ratio(summary, "")
    unexplained = summary.get("unexplained")
    if ratio is None or unexplained is None or ratio < OVERFITS or unexplained < NEGLIGIBLE:
        return ""
    by_pca = _ratio(summary, "pca_")
    if by_pca is not None and by_pca >= ratio:
        return ""
    times = f"{measured(ratio, 2)} times" if ratio < 100 else "more than 100 times"
    return (
        f"Overfits: the test error is {times} the train error. "
        "Try a larger λ, fewer components, or more rows."
    )


def _ratio(summary: Mapping[str, float | None], whose: str) -> float | None:
    """Test error over train error, None where they are not known; infinite where only the latter is 0."""
    train, test = summary.get(f"{whose}train_error"), summary.get(f"{whose}test_error")
    if train is None or test is None or not test < float("inf"):
        return None
    return test / train if train > 0 else float("inf") if test > 0 else None
