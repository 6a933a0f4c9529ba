"""rag.page: nobody but this machine, or whoever knows the password."""

import socket
from base64 import b64encode
from typing import Any

import pytest

from rag import page
from rag.errors import SettingError
from rag.page import START, Guard, check
from rag.settings import Password, Settings

PASSWORD = Password("渡船 s3cret")


def basic(password: str) -> str:
    return "Basic " + b64encode(f"anyone:{password}".encode()).decode()


async def answered(
    headers: dict[str, str], password: Password = PASSWORD, own_names: bool = True, path: str = "/"
) -> int:
    """The status with which a guarded application answers."""
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        seen.append(message)

    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": given}
    await Guard(application, password, own_names)(scope, send, send)
    return int(seen[0]["status"])


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        pytest.param(None, 401, id="none given"),
        pytest.param(basic("渡船 s3cret"), 200, id="right, as a browser sends it"),
        pytest.param(basic("s3cret"), 401, id="wrong"),
        pytest.param(basic(""), 401, id="empty"),
        pytest.param("Basic ~~~", 401, id="not base64"),
        pytest.param("Basic " + b64encode(b"\xff:\xff").decode(), 401, id="not UTF-8"),
        pytest.param("Digest x", 401, id="another scheme"),
    ],
)
async def test_nothing_is_served_without_the_password(
    authorization: str | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PENALTY", 0.0)
    headers = {"host": "reports.example:7860"} | ({"authorization": authorization} if authorization else {})
    for path in ("/", "/gradio_api/mcp/", "/gradio_api/queue/join"):
        assert await answered(headers, path=path) == status
    assert await answered(headers, path=START) == 200


async def test_a_bearer_token_serves_programs_that_know_no_other() -> None:
    assert await answered({"host": "x", "authorization": "Bearer s3cret"}, Password("s3cret")) == 200


@pytest.mark.parametrize(
    ("headers", "own_names", "status"),
    [
        pytest.param({"host": "127.0.0.1:7860"}, True, 200, id="loopback"),
        pytest.param({"host": "localhost:7860", "origin": "http://localhost:7860"}, True, 200, id="localhost"),
        pytest.param({"host": "[::1]:7860"}, True, 200, id="IPv6"),
        pytest.param({"host": "rebound.example:7860"}, True, 403, id="another name for loopback"),
        pytest.param({"host": "team.example:7860"}, False, 200, id="a network's name, opened to it"),
        pytest.param({"host": "127.0.0.1:7860", "origin": "https://evil.example"}, True, 403, id="another site"),
        pytest.param({"host": "127.0.0.1:7860", "origin": "null"}, True, 403, id="a local file"),
        pytest.param({"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:80"}, True, 403, id="another port"),
        pytest.param(
            {"host": "127.0.0.1", "origin": "https://team.example", "x-forwarded-host": "team.example"},
            True,
            200,
            id="behind a proxy",
        ),
    ],
)
async def test_another_site_cannot_speak_through_a_readers_browser(
    headers: dict[str, str], own_names: bool, status: int
) -> None:
    assert await answered(headers, Password(), own_names) == status


EVERYWHERE = "0.0.0.0"  # noqa: S104  nothing is bound to it here


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.7", "team.example"])
def test_only_loopback_is_served_without_a_password_or_an_explicit_flag(host: str) -> None:
    with pytest.raises(SettingError, match="--open-to-network"):
        check(Settings(host=host))


def test_a_password_or_the_flag_opens_another_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check(Settings(host=EVERYWHERE, port=port, password=PASSWORD))
    check(Settings(host=EVERYWHERE, port=port), open_to_network=True)


def test_mcp_without_its_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.page.find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"pip install 'rapporteur\[mcp\]'"):
        check(Settings(), mcp=True)


def test_an_address_in_use_is_refused_with_the_next_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingError, match="rapporteur serve --port"):
        check(Settings(port=taken.getsockname()[1]))
