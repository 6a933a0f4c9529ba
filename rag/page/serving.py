"""Put the page on this machine's loopback address, with nothing of the machine reachable through it."""

import os
import signal
import socket
import tempfile

from rag.assistant import Assistant
from rag.errors import SettingError

UPLOAD_LIMIT = "50mb"  # the largest report is under 1 MB as text, some 5 MB as a PDF
WAITING = 16  # questions in the queue before a reader is told to come back


def serve(assistant: Assistant) -> None:
    """Serve the page until interrupted, from an empty folder: Gradio hands out files of the folder it runs in.

    SettingError where the address cannot be used.
    """
    _check_free(assistant.settings.host, assistant.settings.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the folder goes with the process
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    own = ",".join(filter(None, [os.environ.get("NO_PROXY", ""), "localhost,127.0.0.1,::1", assistant.settings.host]))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = own  # Gradio asks itself whether it is up
    from rag.page.layout import appearance, page
    from rag.page.wording import EXAMPLES

    assistant.warm_up()
    for question in EXAMPLES:  # what only answering loads, in both languages
        assistant.ask(question)
    with tempfile.TemporaryDirectory(prefix="rapporteur-page-") as empty:
        os.environ["GRADIO_TEMP_DIR"] = empty
        os.chdir(empty)
        blocks = page(assistant)
        blocks.queue(max_size=WAITING, default_concurrency_limit=1)
        blocks.launch(
            server_name=assistant.settings.host,
            server_port=assistant.settings.port,
            share=False,
            quiet=True,
            inbrowser=False,
            prevent_thread_lock=True,
            show_error=False,
            allowed_paths=[],
            max_file_size=UPLOAD_LIMIT,
            enable_monitoring=False,
            ssr_mode=False,
            mcp_server=False,
            footer_links=[],
            **appearance(),
        )
        print(f"Rapporteur is on http://{assistant.settings.host}:{assistant.settings.port}", flush=True)
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
