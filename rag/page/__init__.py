"""The chat page, put on an address of this machine for whoever may speak to it, with nothing else reachable through it.

The password is asked for in HTTP's own Basic scheme: the browser does so in its reader's language and keeps no cookie,
and programs (gradio_client, MCP clients, curl) send the same header. It stands before everything Gradio serves, MCP
included, which Gradio's own `auth` leaves open.
"""

import asyncio
import os
import signal
import socket
import tempfile
from base64 import b64decode
from binascii import Error as NotBase64
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.assistant import Assistant
from rag.errors import SettingError
from rag.settings import Password, Settings

UPLOAD_LIMIT = "50mb"  # the largest report is under 1 MB as text, some 5 MB as a PDF
PENALTY = 1.0  # seconds before a wrong password is answered, one after the other: 86,400 guesses a day at the most
START = "/gradio_api/startup-events"  # Gradio asks itself for it while it starts; it tells and changes nothing
KEPT_NOWHERE = {"cache-control": "no-store"}
ASK = {"www-authenticate": 'Basic realm="Rapporteur", charset="UTF-8"', **KEPT_NOWHERE}
WRONG = "请输入密码（用户名任意）。 The password is needed; any user name will do."
FOREIGN = "只能从本页自己的地址访问。 Only the page's own address may be used."


def check(settings: Settings, open_to_network: bool = False, mcp: bool = False) -> None:
    """SettingError where the page must not or cannot be served so: it costs nothing and so comes first."""
    host, port = settings.host, settings.port
    if not (is_this_machine(host) or settings.password or open_to_network):
        raise SettingError("page-open-to-network", host=host)
    if mcp and find_spec("mcp") is None:
        raise SettingError("mcp-not-installed")
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as error:
        another = port % 65_535 + 1
        raise SettingError(
            "address-in-use", host=host, port=port, error=str(error.strerror), another=another
        ) from error


def serve(assistant: Assistant, open_to_network: bool = False, mcp: bool = False) -> None:
    """Serve the page until interrupted, from an empty folder: Gradio hands out files of the folder it runs in.

    With `mcp`, ask, search and show are offered as tools of an MCP server beside it. SettingError as `check` has it.
    """
    settings = assistant.settings
    check(settings, open_to_network, mcp)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the folder goes with the process
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    own = ",".join(filter(None, [os.environ.get("NO_PROXY", ""), "localhost,127.0.0.1,::1", settings.host]))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = own  # Gradio asks itself whether it is up
    from rag.page.wording import EXAMPLES

    assistant.warm_up()
    for question in EXAMPLES:  # what only quoting loads, in both languages; a language model goes on loading meanwhile
        assistant.as_chosen(llm="none").ask(question)
    with tempfile.TemporaryDirectory(prefix="rapporteur-page-") as empty:
        os.environ["GRADIO_TEMP_DIR"] = empty
        os.chdir(empty)
        _launch(assistant, open_to_network, mcp)


def _launch(assistant: Assistant, open_to_network: bool, mcp: bool) -> None:
    from rag.page.layout import appearance, page

    host, port, password = assistant.settings.host, assistant.settings.port, assistant.settings.password
    alone = (is_this_machine(host) and not (password or open_to_network)) or assistant.settings.shared_reports
    own_names = is_this_machine(host) and not open_to_network
    blocks = page(assistant, mcp, alone)
    blocks.queue(default_concurrency_limit=None)  # `turns.py` says who waits for what
    blocks.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        inbrowser=False,
        prevent_thread_lock=True,
        show_error=False,
        allowed_paths=[],
        max_file_size=UPLOAD_LIMIT,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=mcp,
        run_history=False,  # Gradio would keep every question in the browser
        footer_links=[],
        app_kwargs={"middleware": [Middleware(Guard, password=password, own_names=own_names)]},
        **appearance(),
    )
    print(f"Rapporteur is on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    blocks.block_thread()


class Guard:
    """An ASGI application that lets through to another what may speak to it."""

    def __init__(self, application: ASGIApp, password: Password, own_names: bool = True) -> None:
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
        headers = Headers(scope=scope)
        answer: ASGIApp = PlainTextResponse(WRONG, 401, ASK)
        if not self._from_the_page(headers):
            answer = PlainTextResponse(FOREIGN, 403, KEPT_NOWHERE)
        elif not self.password or scope["path"] == START:
            answer = self.application
        elif "authorization" in headers:
            if any(map(self.password.matches, _given(headers["authorization"]))):
                answer = self.application
            else:
                async with self._one_wrong:
                    await asyncio.sleep(PENALTY)
        await answer(scope, receive, send)

    def _from_the_page(self, headers: Headers) -> bool:
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
