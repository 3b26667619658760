"""A plan's goals are those of the guide that is served, in every channel."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from typer.testing import CliRunner

from assistant.channels.http.app import make_app
from assistant.channels.http.desk import Desk
from assistant.channels.mcp import Tools
from assistant.channels.slack.plans import plan_modal
from assistant.cli import app as cli
from assistant.commands.ask import read_profile_option
from assistant.errors import UsageError
from assistant.service import Ask, Assistant
from assistant.settings import Settings, read_settings

GUIDE = """---
title: How to start making candles
goals:
  - id: wax
    label: making candles
    section: wax
    words: candles?|wax
  - id: soap
    label: Seifen für Käufer, hart
    section: soap
---
# How to start making candles

## Wax

Read [The Candle Book](https://candle.example/book) first. It costs 20 euros.

## Soap

Take the [Soap Course](https://soap.example/course) after that.

## Colours

[Colour Box](https://colour.example/) has every colour.
"""
EXPECTED = "expected wax, soap, general"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("candles")
    guide = folder / "candles.md"
    guide.write_text(GUIDE, "utf-8")
    return read_settings(
        {
            "DLSTART_CORPUS": str(guide),
            "DLSTART_DATA_DIR": str(folder / "data"),
            "DLSTART_ENCODER": "hashed",
            "DLSTART_DEVICE": "cpu",
        }
    )


@pytest.fixture(scope="module")
def candles(settings: Settings) -> Assistant:
    return Assistant.open(settings)


@pytest.fixture
async def client(settings: Settings, candles: Assistant) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(settings, candles), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as opened:
        yield opened


@pytest.fixture
def served(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line serves that guide."""
    monkeypatch.setenv("DLSTART_CORPUS", str(settings.corpus))


async def test_http_plans_for_the_goals_that_it_lists(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/sections")).json()["guide"]["goals"]
    assert [goal["id"] for goal in listed] == ["wax", "soap"]
    for goal in (*(goal["id"] for goal in listed), "general"):
        made = await client.post("/v1/plan", json={"goal": goal})
        assert made.status_code == 200 and made.json()["profile"]["goal"] == [goal]
        asked = {"question": "how do I start?", "profile": {"goal": [goal]}}
        assert (await client.post("/v1/ask", json=asked)).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/plan", {"goal": "vision"}, "goal"),
        ("/v1/plan", {"goal": ["wax", "nlp"]}, "goal"),
        ("/v1/plan", {"profile": {"goal": ["rl"]}}, "goal"),
        ("/v1/ask", {"question": "x", "profile": {"goal": ["vision"]}}, "profile.goal"),
        ("/v1/ask", {"question": "x", "profile": {"goal": ["vision"]}, "stream": True}, "profile.goal"),
    ],
)
async def test_http_refuses_a_goal_of_another_guide_and_names_its_own(
    client: httpx.AsyncClient, path: str, body: dict[str, object], field: str
) -> None:
    refused = await client.post(path, json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert EXPECTED in refused.json()["detail"]


async def test_the_description_of_the_interface_lists_no_goals(client: httpx.AsyncClient) -> None:
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    goal = schemas["ProfileBody"]["properties"]["goal"]
    assert goal["description"] and goal["items"]["type"] == "string" and goal["items"]["maxLength"] == 100
    assert "enum" not in json.dumps(goal) + json.dumps(schemas["PlanRequest"]["properties"]["goal"])


async def test_mcp_takes_the_guides_goals_alone(settings: Settings, candles: Assistant) -> None:
    tools = Tools(Desk(settings, candles))
    made = await tools.call("plan", {"goal": "wax"})
    assert made.structured_content is not None and made.structured_content["profile"]["goal"] == ["wax"]
    for tool, arguments in (
        ("plan", {"goal": "vision"}),
        ("ask", {"question": "x", "profile": {"goal": ["nlp"]}}),
    ):
        refused = await tools.call(tool, arguments)
        assert refused.is_error and EXPECTED in str(refused.content)


@pytest.mark.usefixtures("served")
def test_the_command_line_takes_the_guides_goals_alone() -> None:
    made = CliRunner().invoke(cli, ["plan", "--goal", "Wax,general", "--json"])
    assert json.loads(made.output)["profile"]["goal"] == ["wax", "general"]
    refused = CliRunner().invoke(cli, ["plan", "--goal", "vision"])
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.cure == EXPECTED
    profile = read_profile_option('{"goal": ["soap"]}')
    assert profile is not None and profile.goal == ("soap",)
    with pytest.raises(UsageError) as error:
        read_profile_option('{"goal": ["vision"]}')
    assert error.value.cure == EXPECTED


@pytest.mark.usefixtures("served")
def test_the_list_of_the_corpus_shows_them() -> None:
    assert "goals of a plan: wax, soap, general" in CliRunner().invoke(cli, ["corpus", "list"]).output
    as_json = json.loads(CliRunner().invoke(cli, ["corpus", "list", "--json"]).output)
    assert [goal["id"] for goal in as_json["goals"]] == ["wax", "soap"]


def test_help_names_no_guides_goals() -> None:
    text = " ".join(CliRunner().invoke(cli, ["plan", "--help"]).output.split())
    assert "ids of the guide's goals" in text.replace("│ ", "") and "nlp" not in text


def test_slack_sends_the_ids_that_plans_take(candles: Assistant) -> None:
    modal = plan_modal(candles.corpus.about)
    goal = next(block for block in modal["blocks"] if block["block_id"] == "goal")
    values = [option["value"] for option in goal["element"]["options"]]
    assert values == ["wax", "soap"] and set(values) <= set(candles.corpus.about.goal_ids)


@pytest.mark.parametrize(
    ("question", "goal"),
    [
        ("make me a plan, I want to make candles", ("wax",)),
        ("make me a plan, I want to learn seifen für käufer, hart", ("soap",)),
        ("make me a plan", ()),
    ],
)
async def test_a_plan_in_words_reads_the_guides_goals(
    candles: Assistant, question: str, goal: tuple[str, ...]
) -> None:
    answer = await candles.answer(Ask(question))
    assert answer.outcome == "answered" and answer.profile.goal == goal
