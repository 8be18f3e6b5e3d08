"""Files changed at random by their structure: each is taken or refused in a sentence, and leaves nothing."""

import random
from pathlib import Path

import mutations
import pytest
from by_hand import record_by_hand, study_by_hand

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study_file import pack_study

GALLERY = Path(__file__).parents[2] / "assets" / "gallery"


@pytest.fixture(scope="module")
def sound() -> list[bytes]:
    """Run files, and a study's last."""
    by_hand = (record_by_hand(labels=("a", "b")), record_by_hand(RunSpec(dataset="circle", iterations=9)))
    trained = (GALLERY / "s_curve_high.autoencode").read_bytes()
    return [*map(pack, by_hand), trained, pack_study(*study_by_hand())]


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_a_changed_file_is_taken_or_refused_in_a_sentence(sound, tmp_path, first):
    store, taken = RunStore(tmp_path / "runs"), 0
    for seed in range(first, first + 100):
        rng = random.Random(seed)
        data = rng.choice(sound)
        take = store.import_study if data is sound[-1] else store.import_
        try:
            take(mutations.mutated(data, rng))
            taken += 1
        except InputError as error:
            str(error).encode()  # a page can show it
    assert taken < 40  # most changes break a file
    listed = store.list() + store.studies()
    assert len(listed) == taken and not [entry for entry in listed if entry.summary == "damaged"]
    assert not list(tmp_path.rglob(".tmp*"))
