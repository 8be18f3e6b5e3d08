"""What a server does every few seconds."""

import threading

from autoencode_core.desk.housekeeping import Housekeeping


def test_duties_are_done_again_and_again_also_after_one_has_failed(caplog):
    done, enough = {"well": 0, "badly": 0}, threading.Event()

    def well():
        done["well"] += 1
        if done["well"] >= 3 and done["badly"] >= 3:
            enough.set()

    def badly():
        done["badly"] += 1
        raise ValueError("the disk is gone")

    keeping = Housekeeping()
    keeping.every(0.01, badly)
    keeping.every(0.01, well)
    keeping.start()
    keeping.start()
    assert enough.wait(10)
    keeping.close()
    assert caplog.text.count("a duty of the server failed") == 1


def test_nothing_is_done_before_it_starts_or_after_it_has_ended():
    done = threading.Event()
    keeping = Housekeeping()
    keeping.every(0.0, done.set)
    keeping.close()
    keeping.start()
    assert not done.wait(0.1)
