"""The log of a server in use: a table, a run and a broken file with a marker in all that a person names."""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from serving import serve
from settled import settled

MARKER = "Zebrafink"


@pytest.fixture(scope="module")
def own_server(request, tmp_path_factory):
    """A server that writes its log as JSON."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOENCODE_LOG", "json")
        with serve(request.config.rootpath / "app.py", tmp_path_factory.mktemp(MARKER.lower())) as running:
            yield running


def knock(server, host):
    """Asks for a connection under another name, and is refused."""
    ask = {"Host": host, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request("GET", "/_stcore/stream", headers={**ask, "Sec-WebSocket-Key": "A" * 22 + "=="})
    assert connection.getresponse().status == 403
    connection.close()


def test_no_line_has_what_a_person_named_or_uploaded(browser: Browser, own_server, tmp_path):
    table = tmp_path / f"{MARKER}.csv"
    rows = "\n".join(f"{i % 7},{i % 5},{MARKER}{i % 2}" for i in range(40))
    table.write_text(f"{MARKER} x,{MARKER} y,{MARKER}\n{rows}\n", encoding="utf-8")
    broken = tmp_path / f"{MARKER}.autoencode"
    broken.write_bytes(MARKER.encode() * 50)
    page = browser.new_page(base_url=own_server.url)
    page.set_default_timeout(120_000)
    page.goto(f"/?iterations=5&lambda=0.1&data=own&lesson={MARKER}")
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="Take this table").click()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"[?&]run=(?!gallery)"))
    settled(page)
    page.goto(f"/runs?run={MARKER}&view={MARKER}")
    page.locator("input[type=file]").set_input_files(broken)
    page.get_by_role("alert").first.wait_for()
    settled(page)
    page.goto(f"/flow?run={MARKER}")
    settled(page)
    page.close()
    knock(own_server, f"{MARKER}.test")  # which Streamlit writes of
    lines = [line for line in own_server.log.read_text().splitlines() if line.startswith("{")]
    assert lines and all(json.loads(line)["event"] for line in lines)
    assert MARKER.lower() not in own_server.log.read_text().lower()
