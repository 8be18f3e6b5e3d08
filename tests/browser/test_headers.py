"""The server's answers as browsers see them: headers, names it answers to, every page under its policy."""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest
from all_pages import ADDRESSES
from playwright.sync_api import Page, expect
from settled import settled

HEADERS = {
    "content-security-policy": "frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=()",
    "cross-origin-opener-policy": "same-origin",
}


def asked(server, path, **headers):
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    connection.close()
    return found


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/health", "/media/none.png", "/static/none.js"])
def test_every_answer_has_the_headers(server, path):
    _, headers, _ = asked(server, path)
    assert all(words in headers.get(name, "") for name, words in HEADERS.items()), headers


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "evil.test:80", ""])
def test_a_name_that_is_not_allowed_is_refused(server, host):
    status, _, text = asked(server, "/", Host=host)
    assert status in (400, 421) and (status == 400 or "server.allowedHosts" in text)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Host": host}
    assert asked(server, "/_stcore/stream", **upgrade)[0] in (400, 403)


def test_another_page_opens_no_connection(server):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "http://evil.test"}
    assert asked(server, "/_stcore/stream", **upgrade)[0] == 403


def test_the_health_end_point_says_what_works_and_names_nothing(server):
    status, _, text = asked(server, "/health")
    found = json.loads(text)
    assert status == 200 and found["status"] == "ok" and found["store"] == "writable"
    assert asked(server, "/health", Host="10.0.0.7")[0] == 200
    assert str(server.runs) not in text and "127.0.0.1" not in text


def test_no_page_breaks_the_policy_or_asks_elsewhere(server, page: Page, console_errors):
    elsewhere = []
    page.on("request", lambda request: None if here(request.url) else elsewhere.append(request.url))
    for address in ADDRESSES:
        page.goto(f"/{address}")
        settled(page)
    assert elsewhere == []
    assert [error for error in console_errors if re.search("Content Security|Refused to", error)] == []


def here(url):
    return urlsplit(url).scheme in ("data", "blob") or urlsplit(url).hostname == "127.0.0.1"


def test_under_the_policy_a_run_trains_and_is_drawn(page: Page, console_errors):
    """Live charts, player, a picture in three dimensions, a code: all that loads or compiles something."""
    page.goto("/?data=moons&field=single_layer&iterations=5&seed=7")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"[?&]run=(?!gallery)"), timeout=120_000)
    page.goto("/?run=gallery-s_curve")  # whose picture has three dimensions
    expect(page.locator(".js-plotly-plot .gl-container canvas").first).to_be_visible()
    page.get_by_role("button", name="Link to this screen").click()
    expect(page.get_by_alt_text("QR code of the link above")).to_be_visible()
    assert page.evaluate("document.querySelector('img[alt^=QR]').naturalWidth") > 50
    assert [error for error in console_errors if re.search("Content Security|Refused to", error)] == []
