"""The connection to a cluster: who is let in, own processes that fall, schedulers that are silent."""

import asyncio
import os
import signal
import socket
import threading
import time
import urllib.request
from concurrent.futures import CancelledError

import dask
import psutil
import pytest
from distributed import Client

from autoencode_core.desk import cluster as cluster_module
from autoencode_core.desk import connection as connection_module
from autoencode_core.desk.connection import ADDRESS, Connection
from autoencode_core.errors import InputError


def until(condition, connection, seconds=60.0):
    """What `condition` gives once it is true; the connection is looked after meanwhile."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        connection.look_after()
        time.sleep(0.05)
    return value


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def waiting(client):
    """What somebody hears who waits for a call that never ends."""
    heard = []
    future = client.submit(time.sleep, 1000, pure=False)

    def wait():
        try:
            heard.append(future.result())
        except CancelledError as error:
            heard.append(error)

    threading.Thread(target=wait, daemon=True).start()
    return heard


@pytest.fixture(scope="module")
def own():
    connection = Connection(None, 2, warmed=False)
    connection.client()
    until(lambda: len(connection.workers()) == 2, connection)
    yield connection
    connection.close()


def test_nobody_else_is_let_in(own):
    cluster = own.cluster
    plain = cluster.address.replace("tls:", "tcp:")
    with pytest.raises((OSError, TimeoutError)):
        Client(plain, timeout=1, set_as_default=False)
    with pytest.raises(Exception, match="ssl_context"):
        Client(cluster.address, timeout=1, set_as_default=False)
    stranger = cluster_module.Security.temporary()
    with pytest.raises((OSError, TimeoutError)):
        Client(cluster.address, security=stranger, timeout=1, set_as_default=False)
    assert own.client().submit(int, 3, pure=False).result(30) == 3


def test_no_process_serves_http_and_no_key_is_on_a_command_line(own):
    processes = psutil.Process(os.getpid()).children(recursive=True)
    ports = {
        listening.laddr.port
        for process in processes
        for listening in process.net_connections("tcp")
        if listening.status == psutil.CONN_LISTEN
    }
    assert len(ports) >= 5
    for port in ports:
        with pytest.raises(OSError, match=r"reset|refused|timed out|Remote end closed|empty"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/json/counts.json", timeout=0.5)
    lines = [" ".join(process.cmdline()) for process in processes]
    assert any("distributed.Scheduler" in line for line in lines)
    assert not any("PRIVATE KEY" in line or "CERTIFICATE" in line for line in lines)


def test_what_is_known_of_workers_and_what_calls_take(own):
    assert own.state == "ready" and own.trouble() == "" and own.scheduler == "own processes"
    for worker in own.workers():
        assert worker.address.startswith("tls://127.0.0.1:") and worker.memory > 10**6 and worker.threads == 3
        assert worker.seen < 30 and worker.offers == cluster_module.RESOURCES
    assert own.resources("train") == {"train": 1} and own.slots() == 2
    assert own.resources("heavy") == {"answer": 1, "heavy": 1} and own.shared_files


def test_workers_give_way_to_the_server(monkeypatch):
    monkeypatch.setenv("AUTOENCODE_NICE", "3")
    connection = Connection(None, 1, warmed=False)
    try:
        own = connection.client().submit(os.getpriority, os.PRIO_PROCESS, 0).result(60)
        assert own == os.getpriority(os.PRIO_PROCESS, 0) + 3
    finally:
        connection.close()


def test_both_nannies_killed_are_started_again_and_calls_go_on(own, monkeypatch):
    monkeypatch.setattr(cluster_module, "REST_SECONDS", 0.0)
    heard = own.client().submit(time.sleep, 1.0, pure=False)
    before = dict(own.cluster.workers)
    for worker in before.values():
        os.kill(worker.process.pid, signal.SIGKILL)
    until(heard.done, own)
    assert heard.status == "finished" and not set(before) & set(own.cluster.workers)


def test_processes_whose_worker_is_missing_are_started_again(own, monkeypatch):
    until(lambda: len(own.workers()) == 2, own)
    monkeypatch.setattr(cluster_module, "REST_SECONDS", 0.0)
    monkeypatch.setattr(cluster_module, "MISSING_SECONDS", 0.0)
    name, lost = next(iter(own.cluster.workers.items()))
    own.cluster.renew([other for other in own.cluster.workers if other != name])
    assert not alive(lost.process.pid) and name not in own.cluster.workers and len(own.cluster.workers) == 2


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_scheduler_that_hangs_or_died_is_let_go_and_the_next_wish_starts_another(own, how, monkeypatch):
    monkeypatch.setattr(connection_module, "_ANSWER_SECONDS", 0.5)
    heard = waiting(own.client())
    time.sleep(0.2)
    pids = [own.cluster.scheduler.pid, *(worker.process.pid for worker in own.cluster.workers.values())]
    os.kill(own.cluster.scheduler.pid, how)
    until(lambda: heard, own, 20)
    assert isinstance(heard[0], CancelledError)
    until(lambda: not any(map(alive, pids)), own, 10)
    assert own.client().submit(int, 5, pure=False).result(60) == 5
    assert own.state == "ready" and own.trouble() == ""


@pytest.fixture
def silent():
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def test_a_silent_address_blocks_nobody_for_long_and_says_what_to_do(silent, monkeypatch):
    monkeypatch.setattr(connection_module, "_CONNECT_SECONDS", 0.5)
    connection = Connection(silent, 2, warmed=False)
    errors = []

    def wish():
        with pytest.raises(InputError, match=ADDRESS) as raised:
            connection.client()
        errors.append(raised.value)

    began = time.monotonic()
    callers = [threading.Thread(target=wish) for _ in range(20)]
    for caller in callers:
        caller.start()
    assert connection.workers() == () and connection.slots() == 1 and connection.resources("train") is None
    connection.look_after()
    for caller in callers:
        caller.join()
    assert time.monotonic() - began < 5 and len(errors) == 20
    assert connection.state == "lost" and silent in connection.trouble()
    connection.close()


def test_tls_without_certificates_or_with_others_is_a_sentence(monkeypatch, tmp_path):
    connection = Connection("tls://127.0.0.1:9", 2, warmed=False)
    with pytest.raises(InputError, match=r"certificates in distributed\.comm\.tls\.ca-file"):
        connection.client()
    monkeypatch.setattr(connection_module, "_REFUSED_SECONDS", 0.0)
    missing = {
        f"distributed.comm.tls.{part}": str(tmp_path / "none.pem") for part in ("ca-file", "client.cert")
    }
    with dask.config.set(missing), pytest.raises(InputError, match=r"certificates .*PEM files"):
        connection.client()


def test_look_after_waits_for_nobody(own):
    with own._connecting:
        began = time.monotonic()
        own.look_after()
    assert time.monotonic() - began < 1
    idle = Connection(None, 1, warmed=False)
    idle.look_after()
    assert idle.state == "idle" and idle.workers() == ()


def test_a_scheduler_s_words_come_late_and_count_no_more(own):
    gone = own.client()
    own._missed = 0

    class Other:
        class scheduler:
            @staticmethod
            async def identity(n_workers):
                raise OSError

    asyncio.run(own._ask(Other()))
    assert own._missed == 0 and own.client() is gone
