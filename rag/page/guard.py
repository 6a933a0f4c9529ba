"""Who may speak to the page: whoever knows the password, from the page's own address.

HTTP's own Basic scheme: the browser asks for the password in its reader's language and no cookie is kept, and programs
(gradio_client, MCP clients, curl) send the same header. It stands before everything Gradio serves, MCP included, which
Gradio's own `auth` leaves open.
"""

import asyncio
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from rag.settings import Password

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PENALTY = 1.0  # seconds before a wrong password is answered, one after the other: 86,400 guesses a day at the most
START = "/gradio_api/startup-events"  # Gradio asks itself for it while it starts; it tells and changes nothing
ASK = {"www-authenticate": 'Basic realm="Rapporteur", charset="UTF-8"'}
WRONG = "请输入密码（用户名任意）。 The password is needed; any user name will do."
FOREIGN = "只能从本页自己的地址访问。 Only the page's own address may be used."


class Guard:
    """An ASGI application that lets through to another what may speak to it."""

    def __init__(self, application: Application, password: Password, own_names: bool = True) -> None:
        """With no password, `own_names` asks that the page be addressed as this machine: no other name leads here."""
        self.application = application
        self.password = password
        self.own_names = own_names and not password
        self._one_wrong = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._from_the_page(headers):
            await _refuse(send, 403, FOREIGN, {})
        elif not self.password or scope["path"] == START:
            await self.application(scope, receive, send)
        elif "authorization" not in headers:
            await _refuse(send, 401, WRONG, ASK)
        elif any(map(self.password.matches, _given(headers["authorization"]))):
            await self.application(scope, receive, send)
        else:
            async with self._one_wrong:
                await asyncio.sleep(PENALTY)
            await _refuse(send, 401, WRONG, ASK)

    def _from_the_page(self, headers: dict[str, str]) -> bool:
        """Whether no other site's script asks: those name another origin, or this machine by a name of their own."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.own_names and not is_this_machine(urlsplit(f"//{host}").hostname or ""):
            return False
        return origin is None or urlsplit(origin).netloc in {host, headers.get("x-forwarded-host")} - {""}


def is_this_machine(host: str) -> bool:
    """Whether an address is reached from this machine alone.

    >>> [is_this_machine(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _given(authorization: str) -> list[str]:
    """What a header gives as the password; the user name before it is anyone's."""
    scheme, _, carried = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return [carried.strip()]
    try:
        return [b64decode(carried, validate=True).decode().partition(":")[2]] if scheme.lower() == "basic" else []
    except (NotBase64, UnicodeDecodeError):
        return []


async def _refuse(send: Send, status: int, said: str, more: dict[str, str]) -> None:
    headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **more}
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": said.encode()})
