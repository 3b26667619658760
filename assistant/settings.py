"""The settings: one table, read once at the edge and passed down.

A value comes from the environment, else from the settings file, else from the table. The file is TOML, with the
names of the table in lower case and without their prefix: `rate_limit = "60/minute"`. It is the one that
DLSTART_SETTINGS names, else `dlstart.toml` in the current folder, where there is one.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assistant.errors import UsageError

PREFIX = "DLSTART_"
FILE = "dlstart.toml"
_FILE_NAME = f"{PREFIX}SETTINGS"
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "sqlite": "sqlite+aiosqlite",
}
ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
"""A path under which a proxy may serve the program: no query, no `//host`."""
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>(?:\*\.)?[^\s/?#@*:\[\]]+|\[[0-9a-f:.]+\])(?P<port>:\d{1,5})?"
)


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
    try:
        return Path(text).expanduser() if text else None
    except RuntimeError:
        raise ValueError("expected a whole path: there is no home directory for the ~") from None


def _text(text: str) -> str:
    return text


def _database(text: str) -> str:
    if text and not re.match(r"postgres(ql)?(\+psycopg)?://", text):
        raise ValueError("expected an address such as postgresql://user@host/database")
    return text


def _state_database(text: str) -> str:
    driver = _DRIVERS.get(text.partition("://")[0])
    if driver is not None:
        raise ValueError(f"the driver is not named; write {driver}://…")
    return text


def _root_path(text: str) -> str:
    if text.strip("/") and not ROOT_PATH.fullmatch(text.rstrip("/")):
        raise ValueError("expected a path such as /guide")
    return text.rstrip("/")


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError("expected a whole number from 0")
    return int(text)


def _positive(text: str) -> int:
    if _whole(text) == 0:
        raise ValueError("expected a whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise ValueError("expected a number of seconds from 0")
    return float(text)


def _some_seconds(text: str) -> float:
    if _seconds(text) == 0:
        raise ValueError("expected a number of seconds above 0")
    return float(text)


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


def _generator(text: str) -> str:
    if text in ("auto", "composer") or re.fullmatch(r"(transformers|openai):\S+", text):
        return text
    raise ValueError("expected auto, composer, transformers:<id or path> or openai:<model>")


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word for word in (part.strip() for part in text.split(",")) if word)
    if text and not words:
        # What was meant as a restriction must not open the service.
        raise ValueError(
            "it holds nothing but commas; expected values with commas between, or no value at all"
        )
    return words


def _api_keys(text: str) -> tuple[str, ...]:
    keys = _words(text)
    if any(not key.isascii() or not key.isprintable() or " " in key for key in keys):
        raise ValueError("expected keys without spaces, with commas between")
    return keys


def normalise_origin(origin: str) -> str:
    """An origin as browsers send it: in lower case, without the default port."""
    origin = origin.lower()
    for scheme, port in (("http", ":80"), ("https", ":443")):
        if origin.startswith(f"{scheme}://"):
            return origin.removesuffix(port)
    return origin


def _origins(text: str) -> tuple[str, ...]:
    return tuple("*" if word == "*" else _origin(word) for word in _words(text))


def _origin(text: str) -> str:
    if text.lower() == "null" or text.lower().startswith("file:"):
        raise ValueError("files and sandboxed frames share the origin null; only * can allow them")
    found = _ORIGIN.fullmatch(text.lower().rstrip("/"))
    if found is None:
        raise ValueError(
            f"{text} is no origin; expected scheme and host without a path, such as https://example.org, "
            "https://*.example.org or app://obsidian.md, with commas between, or *"
        )
    host = found["host"].encode("idna").decode()
    return normalise_origin(f"{found['scheme']}://{host}{found['port'] or ''}")


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host.lower() for host in _words(text))
    for host in hosts:
        if host != "*" and not re.fullmatch(
            r"(\*\.)?[a-z0-9_](?:[a-z0-9_.\-]*[a-z0-9_])?|[0-9a-f:]*:[0-9a-f:]*", host
        ):
            raise ValueError("expected names without ports, such as learn.example.org or *.example.org, or *")
    return hosts


def _rate(text: str) -> str:
    if text and text != "off" and not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", text):
        raise ValueError("expected a rate such as 60/minute, or off")
    return text


def _redis(text: str) -> str:
    if text and not re.fullmatch(r"(rediss?://|unix:///)[^\s/]\S*", text):
        raise ValueError("expected redis://HOST:6379/0, rediss://… or unix:///FILE")
    return text


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
        "DLSTART_VECTORS",
        "",
        "address of the PostgreSQL with pgvector that holds the index's vectors; empty: a file of the index does",
        _database,
        secret=True,
    ),
    Setting(
        "DLSTART_DATABASE_URL",
        "",
        "database of the state; empty: SQLite in the data directory",
        _state_database,
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
    Setting(
        "DLSTART_ENCODER_THREADS",
        "0",
        "threads that encode questions, in each process; 0: a thread for each core, shared out among the workers",
        _whole,
    ),
    Setting(
        "DLSTART_GENERATOR",
        "auto",
        "who words the answers: auto, composer, transformers:<id or path> or openai:<model>",
        _generator,
    ),
    Setting("DLSTART_GENERATOR_MODEL", "", "what `auto` runs where there is a GPU: an id or a path", _text),
    Setting("DLSTART_GENERATOR_URL", "", "base URL of an OpenAI-compatible server, ending in /v1", _text),
    Setting("DLSTART_GENERATOR_API_KEY", "", "key for that server", _text, secret=True),
    Setting("DLSTART_GENERATOR_TIMEOUT", "20", "seconds that a model may take for an answer", _some_seconds),
    Setting(
        "DLSTART_READER",
        "learned",
        "who reads the messages: learned, model (that of DLSTART_GENERATOR, with the learned one behind it), or auto "
        "(model where there is one)",
        _one_of("auto", "learned", "model"),
    ),
    Setting(
        "DLSTART_READER_TIMEOUT",
        "2",
        "seconds that a model may take to read a message; then the learned reader's reading stands",
        _some_seconds,
    ),
    Setting(
        "DLSTART_API_KEYS",
        "",
        "keys that may ask over HTTP, with commas between; empty: everybody may",
        _api_keys,
        secret=True,
    ),
    Setting(
        "DLSTART_ALLOWED_ORIGINS",
        "",
        "origins whose pages may ask from a browser, with commas between: https://example.org, "
        "https://*.example.org, app://obsidian.md; *: every page",
        _origins,
    ),
    Setting(
        "DLSTART_ALLOWED_HOSTS",
        "",
        "names that the service may be called by (Host), with commas between; *: any; empty: any, but on a loopback "
        "address without API keys and proxies only those of this machine",
        _hosts,
    ),
    Setting(
        "DLSTART_RATE_LIMIT",
        "",
        "requests that one client may make, like 60/minute; off: any number; empty: 120/minute, "
        "and any number from this machine",
        _rate,
    ),
    Setting(
        "DLSTART_RATE_LIMIT_STORAGE",
        "",
        "Redis where requests are counted for several processes, like redis://HOST:6379/0; empty: in each process",
        _redis,
        secret=True,
    ),
    Setting(
        "DLSTART_TRUSTED_PROXIES",
        "0",
        "how many proxies in front add to X-Forwarded-For; the client's address is read behind them",
        _whole,
    ),
    Setting(
        "DLSTART_ROOT_PATH",
        "",
        "path under which a proxy serves the program, like /guide; empty: X-Forwarded-Prefix of a trusted proxy",
        _root_path,
    ),
    Setting(
        "DLSTART_OPENAI_SOURCES",
        "text",
        "sources for OpenAI's clients: text (annotations, and a list at the end of the text) or annotations",
        _one_of("text", "annotations"),
    ),
    Setting("DLSTART_CONCURRENCY", "32", "questions that are worked on at once", _positive),
    Setting("DLSTART_QUEUE", "64", "questions that may wait for their turn; more are told to retry", _whole),
    Setting("DLSTART_TIMEOUT", "30", "seconds that a request may take, waiting included", _some_seconds),
    Setting(
        "DLSTART_DRAIN", "30", "seconds that open requests get to finish when the service stops", _seconds
    ),
    Setting(
        "DLSTART_LOG_FORMAT",
        "auto",
        "auto (readable lines on a terminal, else JSON), json or text",
        _one_of("auto", "json", "text"),
    ),
    Setting("DLSTART_LOG_QUESTIONS", "no", "whether the log holds the words of questions", _yes_no),
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

        try:
            return user_data_path("dlstart", appauthor=False)
        except (RuntimeError, OSError, KeyError):
            raise UsageError(
                "there is no home directory to keep state in", f"set {PREFIX}DATA_DIR to a directory"
            ) from None

    @property
    def index_path(self) -> Path:
        """Where the index is kept."""
        return Path(self.values["index_dir"] or self.data_path / "index")


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the table from the environment and the settings file.

    A variable without a value counts as not set: compose files and unit files write it so.
    Raises UsageError for an unknown name, an unusable value, or a file that can't be read.
    """
    environment = os.environ if environment is None else environment
    given = _read_file(environment.get(_FILE_NAME))
    given |= {name: text for name, text in environment.items() if name.startswith(PREFIX) and text.strip()}
    given.pop(_FILE_NAME, None)
    names = [setting.name for setting in TABLE]
    for name in (*given, *(name for name in environment if name.startswith(PREFIX) and name != _FILE_NAME)):
        if name not in names:
            raise UsageError(f"there is no setting {name}", _suggest(name, [*names, _FILE_NAME]))
    return Settings({setting.field: _read_value(setting, given) for setting in TABLE})


def show_value(setting: Setting, settings: Settings) -> Any:
    """A value as it can be shown: text, number, list or None; a secret says only whether it is set."""
    value = settings.values[setting.field]
    if setting.secret:
        return "(hidden)" if value else None
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if isinstance(value, Path) else value


def describe_table() -> str:
    """The table as Markdown: what docs/settings.md holds."""
    rows = [
        f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {row.help.replace('|', chr(92) + '|')}"
        f"{' (secret)' if row.secret else ''} |"
        for row in TABLE
    ]
    return "\n".join(["| name | default | |", "|---|---|---|", *rows]) + "\n"


def _suggest(name: str, names: list[str]) -> str:
    """The cure for an unknown name: the nearest one, where one is near."""
    own = [known.removeprefix(PREFIX) for known in names]
    near = get_close_matches(name.removeprefix(PREFIX), own, n=1)
    meant = f"did you mean {PREFIX}{near[0]}? See" if near else "see"
    return f"{meant} `dlstart settings`"


def _read_value(setting: Setting, given: Mapping[str, str]) -> Any:
    text = given.get(setting.name, "").strip() or setting.default
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "" if setting.secret else f" = {text!r}"
        raise UsageError(f"{setting.name}{shown}: {error}", "see `dlstart settings`") from None


def _read_file(named: str | None) -> dict[str, str]:
    """The settings of the file, by the names of the table."""
    path = Path(named or FILE).expanduser()
    if not named and not path.is_file():
        return {}
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror})", f"mend {_FILE_NAME}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # A parser's message tells the line and never the value.
        raise UsageError(f"{path} is not TOML: {error}", "mend the file") from None
    return {f"{PREFIX}{name.upper()}": _as_text(name, value, path) for name, value in values.items()}


def _as_text(name: str, value: Any, path: Path) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        # A list of blank texts is not an empty list: it was meant to hold something.
        return ",".join(value) if any(map(str.strip, value)) or not value else ","
    if isinstance(value, (str, int, float)):
        return str(value)
    raise UsageError(f"{path}: {name} can't be used", "give a text, a number, yes or no, or a list of texts")
