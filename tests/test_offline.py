"""A question is answered in a process that has no network at all, not even loopback."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rag.index import Index

NO_NETWORK = ["unshare", "-rn"]


def test_a_question_is_answered_without_a_network(seed_index: "Index", model_cache: Path, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run([*NO_NETWORK, "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a process without a network")
    command = [sys.executable, "-m", "rag", "ask", "2016年至2019年，各国当局收缴了多少件非法小武器？", "--json"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "RAPPORTEUR_INDEX": str(seed_index.folder.parent),
        "RAPPORTEUR_CACHE": str(model_cache),
    }
    asked = subprocess.run([*NO_NETWORK, *command], cwd=tmp_path, env=environment, capture_output=True, timeout=120)
    assert asked.returncode == 0, asked.stderr.decode()
    answer = json.loads(asked.stdout)
    assert [citation["verdict"] for citation in answer["citations"]]
    assert "S/2021/839#21" in {citation["paragraph"] for citation in answer["citations"]}
