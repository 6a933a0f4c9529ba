"""`rapporteur serve --mcp`, spoken to by the MCP project's own client."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamable_http_client
from scripted_page import AUTHORIZED, READY, scripted_page

Talk = Callable[[ClientSession], Awaitable[Any]]


async def talked(talk: Talk, headers: dict[str, str] = AUTHORIZED) -> Any:
    """What a conversation with the page's MCP server returns."""
    address = scripted_page() + "gradio_api/mcp/"
    async with (
        httpx.AsyncClient(headers=headers, timeout=READY) as client,
        streamable_http_client(address, http_client=client) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        return await talk(session)


def calling(tool: str, **given: Any) -> Talk:
    return lambda session: session.call_tool(tool, given)


def said(result: Any) -> Any:
    assert not result.isError, result
    return json.loads(result.content[0].text)


async def test_three_tools_are_offered_each_described_with_its_arguments() -> None:
    tools = (await talked(lambda session: session.list_tools())).tools
    assert {tool.name: list(tool.inputSchema["properties"]) for tool in tools} == {
        "ask": ["question"],
        "search": ["question", "k"],
        "show": ["reference"],
    }
    assert all(len(tool.description) > 100 for tool in tools)
    arguments = [each for tool in tools for each in tool.inputSchema["properties"].values()]
    assert all(len(each["description"]) > 20 for each in arguments)


async def test_ask_search_and_show_answer_with_references_in_both_languages() -> None:
    answer = said(await talked(calling("ask", question="A/99/123 para 2")))
    citation = answer["citations"][0]
    assert citation["reference"] == {"en": "A/99/123, para. 2", "zh": "A/99/123，第2段"}
    assert (citation["paragraph"], citation["verdict"]) == ("A/99/123#2", "found")
    hits = said(await talked(calling("search", question="渡船沉没", k=2)))
    assert [each["rank"] for each in hits] == [1, 2]
    assert all({"reference", "text", "score"} <= set(each) for each in hits)
    shown = said(await talked(calling("show", reference="A/99/123，第3段")))
    assert [(each["paragraph"], each["text"]) for each in shown] == [("A/99/123#3", "Lamps were bought.")]


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        pytest.param("ask", {"question": "  "}, "The question is empty", id="empty question"),
        pytest.param("show", {"reference": "A/99/123#77"}, "No paragraph is named by", id="unknown paragraph"),
    ],
)
async def test_an_error_is_told_in_one_sentence(tool: str, given: dict[str, str], told: str) -> None:
    result = await talked(calling(tool, **given))
    assert result.isError
    assert told in result.content[0].text
    assert "Traceback" not in result.content[0].text


async def test_without_the_password_there_are_no_tools() -> None:
    with pytest.raises(BaseExceptionGroup) as refused:
        await talked(lambda session: session.list_tools(), headers={})
    assert "401" in str(refused.value.exceptions) or isinstance(refused.value.exceptions[0], McpError)


def test_the_documented_python_example_runs() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "programs.md").read_text(encoding="utf-8")
    example = guide.split("```python\n")[1].split("```")[0]
    here = (
        example.replace("http://127.0.0.1:7860", scripted_page()).replace("S/2021/839", "A/99/123").replace("21", "2")
    )
    here = here.replace("verbose=False", f"verbose=False, headers={AUTHORIZED}")
    done = subprocess.run([sys.executable, "-c", here], capture_output=True, text=True, timeout=READY)
    assert done.returncode == 0, done.stderr
    assert "A/99/123#2 Crews were trained in three ports." in done.stdout
    assert sum(line.split()[0].isdigit() for line in done.stdout.splitlines()) == 3
