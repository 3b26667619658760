"""The settings: one table, read once at the edge and passed down."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assistant.errors import UsageError

PREFIX = "DLSTART_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    name: str
    """Environment variable."""
    default: str
    """Value when it is not set, as text."""
    help: str
    """What it does."""
    read: Callable[[str], Any]
    """Text -> value; raises ValueError with what is expected."""
    secret: bool = False
    """Whether its value is never shown."""

    @property
    def field(self) -> str:
        """Name in Settings."""
        return self.name.removeprefix(PREFIX).lower()


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return text

    return read


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None


def _text(text: str) -> str:
    return text


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d+", text):
        raise ValueError("expected a whole number")
    return int(text)


def _reply_modes(text: str) -> Mapping[str, str]:
    modes = {"": "mention"}
    for part in filter(None, (part.strip() for part in text.split(","))):
        channel, mode = part.split("=", 1) if "=" in part else ("", part)
        if mode not in ("mention", "followed", "always"):
            raise ValueError(
                "expected mention, followed or always, also as CHANNEL=MODE, with commas between"
            )
        modes[channel] = mode
    return modes


def _yes_no(text: str) -> bool:
    values = {
        "yes": True,
        "true": True,
        "1": True,
        "on": True,
        "no": False,
        "false": False,
        "0": False,
        "off": False,
    }
    if text.lower() not in values:
        raise ValueError("expected yes or no")
    return values[text.lower()]


TABLE: tuple[Setting, ...] = (
    Setting(
        "DLSTART_CORPUS",
        "",
        "directory or Markdown file of the corpus; empty: the one that comes along",
        _path,
    ),
    Setting("DLSTART_DATA_DIR", "", "where state is kept; empty: the user's data directory", _path),
    Setting("DLSTART_INDEX_DIR", "", "where the index is kept; empty: `index` in the data directory", _path),
    Setting(
        "DLSTART_DATABASE_URL",
        "",
        "database of the state; empty: SQLite in the data directory",
        _text,
        secret=True,
    ),
    Setting("DLSTART_STORE_QUESTIONS", "yes", "whether questions and answers are kept, masked", _yes_no),
    Setting("DLSTART_RETENTION_DAYS", "90", "days after which a conversation is deleted; 0: never", _whole),
    Setting(
        "DLSTART_ENCODER", "default", "`default`, `hashed`, or a sentence-transformers id or path", _text
    ),
    Setting(
        "DLSTART_DEVICE", "auto", "where the encoder runs: auto, cpu or cuda", _one_of("auto", "cpu", "cuda")
    ),
    Setting("DLSTART_SLACK_BOT_TOKEN", "", "Slack: the bot token, xoxb-…", _text, secret=True),
    Setting(
        "DLSTART_SLACK_SIGNING_SECRET",
        "",
        "Slack over HTTP: signs the requests; mounts POST /slack/events",
        _text,
        secret=True,
    ),
    Setting("DLSTART_SLACK_APP_TOKEN", "", "Slack in Socket Mode: the app token, xapp-…", _text, secret=True),
    Setting(
        "DLSTART_SLACK_CLIENT_ID",
        "",
        "Slack in several workspaces: the app's client id; mounts GET /slack/install, takes the place of the token",
        _text,
    ),
    Setting(
        "DLSTART_SLACK_CLIENT_SECRET",
        "",
        "Slack in several workspaces: the app's client secret",
        _text,
        secret=True,
    ),
    Setting(
        "DLSTART_SLACK_API_URL", "https://slack.com/api/", "Slack: where its Web API is, for tests", _text
    ),
    Setting(
        "DLSTART_SLACK_REPLIES",
        "mention",
        "Slack: answers when mentioned (mention), also in threads that it is in (followed), or to everything "
        "(always); for single channels: followed,C0123=always",
        _reply_modes,
    ),
)


@dataclass(frozen=True)
class Settings:
    """The values in force, by the field names of the table."""

    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def replace(self, **values: Any) -> Settings:
        """The same settings with other values, as command-line options give them."""
        return Settings({**self.values, **values})

    @property
    def data_path(self) -> Path:
        """Where state is kept."""
        if self.values["data_dir"] is not None:
            return Path(self.values["data_dir"])
        from platformdirs import user_data_path

        return user_data_path("dlstart", appauthor=False)

    @property
    def index_path(self) -> Path:
        """Where the index is kept."""
        return Path(self.values["index_dir"] or self.data_path / "index")


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the table from the environment. Raises UsageError for an unknown name or an unusable value."""
    environment = os.environ if environment is None else environment
    by_name = {setting.name: setting for setting in TABLE}
    for name in environment:
        if name.startswith(PREFIX) and name not in by_name:
            close = get_close_matches(name, by_name, n=1, cutoff=0.0)
            raise UsageError(
                f"there is no setting {name}", f"did you mean {close[0]}? See `dlstart settings`"
            )
    values = {}
    for setting in TABLE:
        text = environment.get(setting.name, setting.default)
        try:
            values[setting.field] = setting.read(text.strip())
        except ValueError as error:
            shown = "" if setting.secret else f" = {text!r}"
            raise UsageError(f"{setting.name}{shown}: {error}", "see `dlstart settings`") from None
    return Settings(values)
