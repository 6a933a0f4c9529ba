"""A built wheel carries the page, the prompts and the data, and serves without the checkout."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rag.index import Index

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    for name in ("rag", "prompts"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "wheel", "-q", *offline, "-w", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return next(folder.glob("rapporteur-*.whl"))


def test_the_wheel_carries_what_runs_and_not_the_reports(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "rag/page/page.css",
        "rag/page/templates/answer.html",
        "rag/data/glossary.tsv",
        "rag/prompts/en/rules.txt",
        "rag/prompts/zh/rules.txt",
    } <= names
    assert not any(name.startswith(("seeds/", "tests/", "eval/", "bench/")) for name in names)


def test_the_page_is_served_from_an_installed_wheel(
    wheel: Path, seed_index: "Index", model_cache: Path, tmp_path: Path
) -> None:
    installed = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(installed)
    port = _free_port()
    environment = {**os.environ, "PYTHONPATH": str(installed), "RAPPORTEUR_CACHE": str(model_cache)}
    command = [
        sys.executable,
        "-P",
        "-m",
        "rag",
        "serve",
        "--port",
        str(port),
        "--index",
        seed_index.folder.parent.name,  # as `make app` names it: the page must find it from any working folder
    ]
    beside = seed_index.folder.parents[1]
    server = subprocess.Popen(command, cwd=beside, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert "Rapporteur" in _page(port, server, within=90)
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _page(port: int, server: "subprocess.Popen[bytes]", within: float) -> str:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        assert server.poll() is None, server.stdout.read().decode() if server.stdout else ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the page did not come up")
