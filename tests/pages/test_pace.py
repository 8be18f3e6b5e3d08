"""The more people watch, the less often each sees it move."""

import pytest

from pages.shared import pace as pacing


@pytest.fixture
def crowd(monkeypatch):
    monkeypatch.setattr(pacing, "_watching", {})
    who = iter(f"visitor {number}" for number in range(1000))
    monkeypatch.setattr(pacing, "visitor", lambda: next(who))


@pytest.mark.parametrize("many, usual, expected", [(1, 0.3, 0.3), (2, 0.3, 0.3), (9, 0.3, 1.2), (9, 2, 2)])
def test_all_together_are_drawn_so_often(crowd, many, usual, expected):
    for _ in range(many - 1):
        pacing.pace()
    assert pacing.pace(usual) == expected


def test_it_never_stands_still_and_who_is_gone_counts_no_more(crowd, monkeypatch):
    slow = [pacing.pace() for _ in range(300)]
    assert slow == sorted(slow) and slow[-1] == 4.8
    assert pacing.pace(10.0) >= 10.0
    later = pacing.time.monotonic() + 100
    monkeypatch.setattr(pacing.time, "monotonic", lambda: later)
    assert pacing.pace() == 0.3
