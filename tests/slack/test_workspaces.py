"""Several workspaces behind one setting."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from assistant.channels.slack.routes import slack_routes
from assistant.errors import UsageError
from assistant.service import Assistant
from assistant.settings import Settings
from tests.slack.conftest import open_workspace
from tests.slack.stub import StubSlack
from tests.slack.workspace import Workspace, mention

QUESTION = "I don't know linear algebra"


@pytest.fixture
def several(slack_settings: Settings, slack: StubSlack, tmp_path: Path) -> Settings:
    """Settings of an app that anybody may install; two workspaces will."""
    for team in ("T1", "T2"):
        slack.tokens[f"xoxb-{team}"] = {"team_id": team, "user_id": "UBOT", "bot_id": "BBOT"}
    return slack_settings.replace(
        slack_bot_token="",
        slack_client_id="1.2",
        slack_client_secret="client-secret",
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'state.sqlite3'}",
    )


async def install(workspace: Workspace, code: str) -> httpx.Response:
    """Walk through the two pages as a browser does."""
    page = await workspace.http.get("/slack/install")
    address = page.text.split('href="https://slack.com/', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    state = parse_qs(urlsplit(address).query)["state"][0]
    cookie = page.headers["set-cookie"].split(";", 1)[0]
    return await workspace.http.get(
        f"/slack/oauth_redirect?code={code}&state={state}", headers={"Cookie": cookie}
    )


async def test_each_workspace_is_answered_with_its_own_token(
    fresh: Assistant, several: Settings, slack: StubSlack
) -> None:
    async with open_workspace(fresh, several, slack) as workspace:
        for code in ("T1", "T2"):
            assert (await install(workspace, code)).status_code == 200
        for team in ("T1", "T2"):
            assert (await workspace.happen(mention(QUESTION), team=team)).status_code == 200
    used = [token for token, method in slack.used if method == "chat.stopStream"]
    assert used == ["xoxb-T1", "xoxb-T2"]
    assert len(slack.messages) == 2


async def test_an_installation_outlives_the_process_and_ends_when_the_app_is_removed(
    fresh: Assistant, several: Settings, slack: StubSlack
) -> None:
    async with open_workspace(fresh, several, slack) as workspace:
        await install(workspace, "T1")
    async with open_workspace(fresh, several, slack) as workspace:
        await workspace.happen(mention(QUESTION))
        assert len(slack.messages) == 1
        await workspace.happen({"type": "app_uninstalled"})
        await workspace.happen(mention(QUESTION))
    assert len(slack.messages) == 1


async def test_a_workspace_that_never_installed_it_gets_nothing(
    fresh: Assistant, several: Settings, slack: StubSlack
) -> None:
    async with open_workspace(fresh, several, slack) as workspace:
        await workspace.happen(mention(QUESTION), team="T9")
        await workspace.command(QUESTION)
    assert not slack.messages
    assert "not installed" in slack.responses[0]["text"]


async def test_an_installation_that_another_browser_began_is_refused(
    fresh: Assistant, several: Settings, slack: StubSlack
) -> None:
    async with open_workspace(fresh, several, slack) as workspace:
        page = await workspace.http.get("/slack/install")
        state = page.text.split("state=", 1)[1].split("&", 1)[0].split('"', 1)[0]
        workspace.http.cookies.clear()
        answer = await workspace.http.get(f"/slack/oauth_redirect?code=T1&state={state}")
    assert answer.status_code == 400
    assert not slack.called("oauth.v2.access")


@pytest.mark.parametrize("name", ["slack_client_secret", "slack_signing_secret"])
def test_a_setting_that_is_missing_is_named(fresh: Assistant, several: Settings, name: str) -> None:
    with pytest.raises(UsageError, match=f"DLSTART_{name.upper()}"):
        slack_routes(fresh, several.replace(**{name: ""}))
