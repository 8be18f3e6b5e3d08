"""The container's files: what they say, and the same steps in a folder that nobody may write."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def instructions(text):
    """The instructions of a Dockerfile as (word, rest)."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    whole = lines.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in whole if line.strip()]


def last(word):
    return [rest for found, rest in instructions((ROOT / "Dockerfile").read_text()) if found == word][-1]


def environment():
    return dict(part.split("=", 1) for part in shlex.split(last("ENV")))


def let_through():
    """Files of the tree that .dockerignore lets into the image."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [
        name
        for name in tracked.stdout.splitlines()
        if not any(fnmatch.fnmatch(name.split("/")[0], pattern) for pattern in patterns)
    ]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_the_image_runs_as_nobody_in_particular_with_one_volume_and_a_health_check():
    words = [word for word, _ in instructions((ROOT / "Dockerfile").read_text())]
    assert last("USER").isdigit() and int(last("USER")) > 0 and words.index("USER") > words.index("RUN")
    assert words.count("VOLUME") == 1 and last("VOLUME") == environment()["AUTOENCODE_RUNS"] == "/runs"
    assert words.count("HEALTHCHECK") == 1 and "ADD" not in words
    written = {key: value for key, value in environment().items() if value.startswith("/")}
    assert written and all(value.startswith(("/runs", "/tmp")) for value in written.values())
    assert set(let_through()) >= {"app.py", "tools/start_in_container.sh", "assets/logo.svg"}
    assert not any(name.startswith(("tests/", "benchmarks/", ".git/")) for name in let_through())


def test_what_is_installed_is_what_is_pinned():
    """The install step's outcome, since downloading some gigabytes anew would tell no more."""
    assert ("RUN", "pip install --no-cache-dir -r requirements.txt") in instructions(
        (ROOT / "Dockerfile").read_text()
    )
    pins = [line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    assert len(pins) > 10
    assert {name: version(name).split("+")[0] for name, _ in pins} == dict(pins)


def test_services_are_confined(compose):
    services = compose["services"]
    assert set(services) == {"certificates", "scheduler", "worker", "dashboard"}
    for name, service in services.items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["mem_limit"], name
        assert service["security_opt"] == ["no-new-privileges:true"] and "privileged" not in service, name
        assert "/tmp" in service["tmpfs"], name
        assert (name == "certificates") == (service.get("user") == "0"), name
        assert (name == "dashboard") == bool(service.get("ports")), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert name in ("certificates", "dashboard") or service["healthcheck"]["test"], name
        keys = [volume for volume in service["volumes"] if volume.startswith("keys:")]
        assert keys == (["keys:/keys"] if name == "certificates" else ["keys:/keys:ro"]), name
    assert compose["networks"]["inside"]["internal"] is True
    assert services["scheduler"]["networks"] == services["worker"]["networks"] == ["inside"]
    assert services["certificates"]["network_mode"] == "none"


def test_services_talk_over_tls_with_dask_s_own_names(compose):
    services = compose["services"]
    for name in ("scheduler", "worker", "dashboard"):
        given = {**os.environ, **services[name]["environment"]}
        asked = (
            "import json; from distributed.security import Security; s = Security();"
            "print(json.dumps([s.require_encryption, s.get_tls_config_for_role('worker'),"
            "s.get_tls_config_for_role('scheduler'), s.get_tls_config_for_role('client')]))"
        )
        said = subprocess.run([sys.executable, "-c", asked], env=given, capture_output=True, check=True)
        required, *roles = json.loads(said.stdout)
        assert required is True
        for role in roles:
            files = role["ca_file"], role["cert"], role["key"]
            assert files == ("/keys/cert.pem", "/keys/cert.pem", "/keys/key.pem"), name
    address = services["dashboard"]["environment"]["DASK_SCHEDULER_ADDRESS"]
    assert address.startswith("tls://") and address in services["worker"]["command"]


def test_certificates_are_written_once_and_for_nobody_else(tmp_path):
    command = [sys.executable, ROOT / "tools" / "cluster_certificates.py", tmp_path / "keys"]
    subprocess.run(command, check=True, capture_output=True)
    files = {path.name: path.read_text() for path in (tmp_path / "keys").iterdir()}
    assert set(files) == {"cert.pem", "key.pem"} and "PRIVATE KEY" in files["key.pem"]
    assert stat.S_IMODE((tmp_path / "keys" / "key.pem").stat().st_mode) == 0o600
    again = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "already" in again.stdout
    assert (tmp_path / "keys" / "key.pem").read_text() == files["key.pem"]


# ---- the same steps in an empty folder


def confined(command):
    """A command without any of root's rights, where a test runs as root."""
    if os.getuid() or not shutil.which("setpriv"):
        return command
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", *command]


@pytest.fixture
def image():
    """A folder that holds what an image would: the tree, which nobody may write, and the writable places."""
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        for name in let_through():
            target = base / "lab" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        for place in ("runs", "tmp", "compiled"):
            (base / place).mkdir()
        write(base, "lab", False)
        yield base
        write(base, "lab", True)


def write(base, part, may):
    for path in (base / part, *(base / part).rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if may else mode & ~0o222)


def inside(base, text, port):
    """A text with the paths and the port of the image replaced by those here."""
    return re.sub(r"(?<!\w)/(runs|tmp|compiled)\b", rf"{base}/\1", text).replace("8501", str(port))


def test_the_start_command_serves_from_a_folder_that_it_cannot_write(image):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {key: inside(image, value, port) for key, value in environment().items()}
    env |= {"PATH": path, "TMPDIR": f"{image}/tmp", "STREAMLIT_SERVER_PORT": str(port)}
    (image / "compiled" / "loops").touch()  # what the image's compile step would leave, which takes long
    command = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    command = [inside(image, part, port).replace("0.0.0.0", "127.0.0.1") for part in command]
    health = json.loads(last("HEALTHCHECK").split("CMD", 1)[1])
    health = [inside(image, part, port) for part in health]
    server = subprocess.Popen(
        confined(command),
        cwd=image / "lab",
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 60
        while subprocess.run(confined(health), env=env, capture_output=True).returncode:
            assert time.monotonic() < end and server.poll() is None, "the health check never passed"
            time.sleep(0.3)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        said = server.communicate()[0].decode()
    assert "Traceback" not in said and "loops are compiled anew" not in said
    assert (image / "tmp" / "compiled" / "loops").is_file()
    names = {
        path.relative_to(image / "lab").as_posix() for path in (image / "lab").rglob("*") if path.is_file()
    }
    assert names == set(let_through()), "something was written beside the program"


def test_pods_are_confined_and_all_that_talk_have_certificates():
    parts = {
        part["kind"]: part for part in yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text())
    }
    cluster, dashboard = parts["DaskCluster"]["spec"], parts["Deployment"]["spec"]
    for pod in (cluster["scheduler"]["spec"], cluster["worker"]["spec"], dashboard["template"]["spec"]):
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] and str(pod["securityContext"]["runAsUser"]) == last(
            "USER"
        )
        limits = container["securityContext"]
        assert limits["readOnlyRootFilesystem"] and not limits["allowPrivilegeEscalation"]
        assert limits["capabilities"] == {"drop": ["ALL"]}
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts >= {"/keys", "/tmp"} and container["envFrom"] == [{"configMapRef": {"name": "lab-tls"}}]
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    shared = parts["ConfigMap"]["data"]
    assert shared.items() >= compose["services"]["scheduler"]["environment"].items()
    address = f"tls://{parts['DaskCluster']['metadata']['name']}-scheduler:8786"
    assert address in cluster["worker"]["spec"]["containers"][0]["args"]
