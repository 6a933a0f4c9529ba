"""Put the page on an address of this machine, with nothing else of the machine reachable through it."""

import os
import signal
import socket
import tempfile
from importlib.util import find_spec

from rag.assistant import Assistant
from rag.errors import SettingError
from rag.page.guard import Guard, is_this_machine
from rag.settings import Settings

UPLOAD_LIMIT = "50mb"  # the largest report is under 1 MB as text, some 5 MB as a PDF
EVENTS = 128  # of all kinds, Gradio's own limit; what runs a model is limited by `turns.py`, which says so


def check(settings: Settings, open_to_network: bool = False, mcp: bool = False) -> None:
    """SettingError where the page must not or cannot be served so: it costs nothing and so comes first."""
    if not (is_this_machine(settings.host) or settings.password or open_to_network):
        raise SettingError(
            f"On {settings.host} others on the network could use the page. Give it a password (--password asks for "
            "one; RAPPORTEUR_PASSWORD holds one), or let everyone in with --open-to-network."
        )
    if mcp and find_spec("mcp") is None:
        raise SettingError("--mcp needs the package mcp, which is not installed. Run: pip install 'rapporteur[mcp]'")
    _check_free(settings.host, settings.port)


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
    from starlette.middleware import Middleware

    from rag.page.layout import appearance, page
    from rag.page.wording import EXAMPLES

    assistant.warm_up()
    for question in EXAMPLES:  # what only quoting loads, in both languages; a language model goes on loading meanwhile
        assistant.as_chosen(llm="none").ask(question)
    alone = (is_this_machine(settings.host) and not (settings.password or open_to_network)) or settings.shared_reports
    guard = Middleware(
        Guard, password=settings.password, own_names=is_this_machine(settings.host) and not open_to_network
    )
    with tempfile.TemporaryDirectory(prefix="rapporteur-page-") as empty:
        os.environ["GRADIO_TEMP_DIR"] = empty
        os.chdir(empty)
        blocks = page(assistant, mcp, alone)
        blocks.queue(max_size=EVENTS, default_concurrency_limit=1)
        blocks.launch(
            server_name=settings.host,
            server_port=settings.port,
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
            app_kwargs={"middleware": [guard]},
            **appearance(),
        )
        address = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"
        print(f"Rapporteur is on {address}", flush=True)
        blocks.block_thread()


def _check_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as error:
        another = port % 65_535 + 1
        raise SettingError(
            f"{host}:{port} cannot be used ({error.strerror}). Choose another with: rapporteur serve --port {another}"
        ) from error
