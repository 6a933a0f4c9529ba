"""A page served without a model, over two small reports, for tests of the serving itself.

`python tests/scripted_page.py PORT FOLDER`, with the password in RAPPORTEUR_PASSWORD. A question with "slowly" in it is
written for half a minute, one with "hold" keeps the line waiting before, one with "break" breaks down, and the others
are answered from the fake index.
"""

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

PASSWORD = "渡船 s3cret"  # noqa: S105
READY = 300  # seconds a loaded machine may take to import Gradio
AUTHORIZED = {"Authorization": "Basic YW55b25lOua4oeiIuSBzM2NyZXQ="}  # base64 of "anyone:" and the password


@cache
def scripted_page() -> str:
    """The address of such a page, with MCP, started once and stopped with this process.

    RAPPORTEUR_SCRIPTED_PAGE names one that is already running, for whoever works on the page.
    """
    if given := os.environ.get("RAPPORTEUR_SCRIPTED_PAGE"):
        return given
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tempfile.TemporaryDirectory(prefix="scripted-page-")
    log = Path(folder.name, "log")
    own = {"TMPDIR": folder.name, "RAPPORTEUR_PASSWORD": PASSWORD, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment = {**os.environ, **own}
    with log.open("w") as said:
        command = [sys.executable, __file__, str(port), folder.name]
        server = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)

    def stop() -> None:
        server.kill()  # its folder goes with `folder`
        server.wait(READY)
        folder.cleanup()

    atexit.register(stop)
    until = time.monotonic() + READY
    while "Rapporteur is on" not in log.read_text():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
    return f"http://127.0.0.1:{port}/"


def main(port: int, folder: Path) -> None:
    """Serve until interrupted."""
    from made_index import FakeEmbedder, ferry_paragraphs, indexed

    from rag.assistant import Assistant
    from rag.models.embedder import fingerprint_of
    from rag.page import serve
    from rag.records import Answer, Quoted, Writing
    from rag.settings import load_settings

    model = folder / "model"  # passes for a model's folder as long as nothing is embedded
    model.mkdir()
    (model / "modules.json").write_text("[]")
    embedder = FakeEmbedder(name=str(model), fingerprint=fingerprint_of(str(model), folder))
    indexed(ferry_paragraphs(), folder / "index", embedder)

    class Scripted(Assistant):
        """Answers as it is told to by the question."""

        def stream(self, question: str, *given: Any, **named: Any) -> Iterator[Any]:
            if "break" in question:
                raise RuntimeError("broken for a test")
            if "hold" in question:
                time.sleep(4)
            for each in super().stream(question, *given, **named):
                if "slowly" in question and isinstance(each, Answer):
                    yield Quoted(each)
                    yield from self.writing()
                yield each

        def writing(self) -> Iterator[Writing]:
            for piece in range(150):
                time.sleep(0.2)
                yield Writing("", f"Written so far: {piece}.")

    settings, _ = load_settings({"index": folder / "index", "cache": folder, "embedder": str(model), "port": port})
    assistant = Scripted(settings)
    assistant.__dict__["embedder"] = embedder
    serve(assistant, mcp=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
