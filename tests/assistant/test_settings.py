"""One table of settings: from the environment or a file, printed without secrets, told in the docs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.errors import UsageError
from assistant.settings import TABLE, describe_table, read_settings, show_value

DOCS = Path(__file__).parent.parent.parent / "docs" / "settings.md"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('rate_limit = "5/second"\ndevice = "cpu"\nlog_questions = true\nqueue = 7\n')
    settings = read_settings({"DLSTART_SETTINGS": str(file), "DLSTART_RATE_LIMIT": "9/minute"})
    assert (settings.rate_limit, settings.device) == ("9/minute", "cpu")
    assert (settings.log_questions, settings.queue, settings.concurrency) == (True, 7, 32)


def test_a_list_in_the_file_is_a_list(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('api_keys = ["one-key", "two-key"]\nallowed_origins = ["https://a.example"]\n')
    settings = read_settings({"DLSTART_SETTINGS": str(file)})
    assert settings.api_keys == ("one-key", "two-key")
    assert settings.allowed_origins == ("https://a.example",)


def test_the_file_of_the_current_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).queue == 64
    (tmp_path / "dlstart.toml").write_text("queue = 5\n")
    assert read_settings({}).queue == 5


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DLSTART_RATELIMIT", "DLSTART_RATE_LIMIT"),
        ("DLSTART_API_KEY", "DLSTART_API_KEYS"),
        ("DLSTART_SETTING", "DLSTART_SETTINGS"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UsageError) as error:
        read_settings({name: "x"})
    assert name in str(error.value) and nearest in error.value.cure


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("queue = ", "is not TOML"),
        ("[queue]\nlength = 7\n", "queue can't be used"),
        ("colour = 'red'\n", "there is no setting DLSTART_COLOUR"),
        ("queue = -1\n", "expected a whole number"),
    ],
)
def test_an_unusable_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_settings({"DLSTART_SETTINGS": str(file)})


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_settings({"DLSTART_SETTINGS": str(tmp_path / "nope.toml")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DLSTART_RATE_LIMIT", "many"),
        ("DLSTART_RATE_LIMIT", "0/minute"),
        ("DLSTART_TRUSTED_PROXIES", "-1"),
        ("DLSTART_CONCURRENCY", "0"),
        ("DLSTART_TIMEOUT", "soon"),
        ("DLSTART_TIMEOUT", "0"),
        ("DLSTART_TIMEOUT", "0.0"),
        ("DLSTART_GENERATOR_TIMEOUT", "0"),
        ("DLSTART_LOG_QUESTIONS", "perhaps"),
        ("DLSTART_ALLOWED_ORIGINS", "example.org"),
        ("DLSTART_ALLOWED_ORIGINS", "https://example.org/page"),
        ("DLSTART_API_KEYS", "one key"),
    ],
)
def test_an_unusable_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        read_settings({name: value})


@pytest.mark.parametrize("name", ["api_keys", "allowed_origins", "allowed_hosts"])
def test_a_list_that_restricts_and_holds_nothing_is_refused(tmp_path: Path, name: str) -> None:
    variable = f"DLSTART_{name.upper()}"
    for text in (",", ", ,", " ,\t,"):
        with pytest.raises(UsageError, match=f"{variable}.*nothing but commas"):
            read_settings({variable: text})
    file = tmp_path / "mine.toml"
    for values in ('[""]', '[" "]', '["", ""]', '","'):
        file.write_text(f"{name} = {values}\n")
        with pytest.raises(UsageError, match=f"{variable}.*nothing but commas"):
            read_settings({"DLSTART_SETTINGS": str(file)})
    file.write_text(f"{name} = []\n")
    assert read_settings({"DLSTART_SETTINGS": str(file)}).values[name] == ()


@pytest.mark.parametrize("name", ["DLSTART_FOO", "DLSTART_X", "DLSTART_COLOUR"])
def test_an_unknown_name_that_is_near_to_none_gets_no_suggestion(name: str) -> None:
    with pytest.raises(UsageError) as error:
        read_settings({name: "1"})
    assert (str(error.value), error.value.cure) == (f"there is no setting {name}", "see `dlstart settings`")


@pytest.mark.parametrize("name", ["DLSTART_RETENTION_DAYS", "DLSTART_QUEUE", "DLSTART_TRUSTED_PROXIES"])
def test_a_number_below_the_least_is_told_the_least(name: str) -> None:
    with pytest.raises(UsageError, match="expected a whole number from 0"):
        read_settings({name: "-1"})
    assert read_settings({name: "0"})


@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_variable_is_the_default_for_every_setting(empty: str) -> None:
    assert read_settings({row.name: empty for row in TABLE}) == read_settings({})


def test_an_empty_variable_leaves_the_file_s_value_in_force(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('store_questions = false\nqueue = 7\nretention_days = ""\n')
    settings = read_settings(
        {"DLSTART_SETTINGS": str(file), "DLSTART_STORE_QUESTIONS": "", "DLSTART_QUEUE": ""}
    )
    assert (settings.store_questions, settings.queue, settings.retention_days) == (False, 7, 90)


def test_an_unknown_name_without_a_value_is_refused_too() -> None:
    with pytest.raises(UsageError, match="DLSTART_RATELIMIT"):
        read_settings({"DLSTART_RATELIMIT": ""})


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("postgres://me:hidden-word@host/name", "postgresql\\+psycopg://"),
        ("postgresql://me:hidden-word@host/name", "postgresql\\+psycopg://"),
        ("sqlite:///hidden-word.db", "sqlite\\+aiosqlite://"),
    ],
)
def test_a_database_without_its_driver_is_refused_with_the_right_form(url: str, cure: str) -> None:
    with pytest.raises(UsageError, match=cure) as error:
        read_settings({"DLSTART_DATABASE_URL": url})
    assert "hidden-word" not in f"{error.value} {error.value.cure}"


@pytest.mark.parametrize(
    ("text", "value"), [("/guide", "/guide"), ("/guide/", "/guide"), ("/a/b.c", "/a/b.c"), ("/", "")]
)
def test_a_root_path_is_a_path(text: str, value: str) -> None:
    assert read_settings({"DLSTART_ROOT_PATH": text}).root_path == value
    for wrong in ("guide", "https://x.example", "//x.example", "/a b", "/a?b", "/<script>"):
        with pytest.raises(UsageError, match="expected a path"):
            read_settings({"DLSTART_ROOT_PATH": wrong})


def test_a_secret_is_never_shown() -> None:
    address = "postgresql://somebody:a-secret-value@host/name"
    secrets = {row.name: address for row in TABLE if row.secret}
    secrets["DLSTART_DATABASE_URL"] = "postgresql+psycopg://somebody:a-secret-value@host/name"
    secrets["DLSTART_RATE_LIMIT_STORAGE"] = "redis://:a-secret-value@redis:6379/0"
    settings = read_settings(secrets)
    for row in TABLE:
        assert "a-secret-value" not in json.dumps(show_value(row, settings))
    with pytest.raises(UsageError) as error:
        read_settings({"DLSTART_API_KEYS": "a secret value"})
    assert "secret value" not in f"{error.value} {error.value.cure}"
    with pytest.raises(UsageError, match="expected an address") as error:
        read_settings({"DLSTART_VECTORS": "mysql://somebody:a-secret-value@host/name"})
    assert "a-secret-value" not in f"{error.value} {error.value.cure}"


def test_the_program_prints_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLSTART_API_KEYS", "a-secret-value")
    monkeypatch.setenv("DLSTART_ALLOWED_ORIGINS", "https://a.example,https://b.example")
    text = CliRunner().invoke(app, ["settings"]).output
    rows = json.loads(CliRunner().invoke(app, ["settings", "--json"]).output)["settings"]
    assert [row["name"] for row in rows] == [row.name for row in TABLE]
    by_name = {row["name"]: row["value"] for row in rows}
    assert by_name["DLSTART_API_KEYS"] == "(hidden)"
    assert by_name["DLSTART_ALLOWED_ORIGINS"] == ["https://a.example", "https://b.example"]
    assert "a-secret-value" not in text and "DLSTART_API_KEYS=(hidden)" in text


def test_what_the_program_prints_of_a_setting_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLSTART_LOG_QUESTIONS", "on")
    monkeypatch.setenv("DLSTART_SLACK_REPLIES", "always,C123=followed")
    lines = CliRunner().invoke(app, ["settings"]).output.splitlines()
    assert {"DLSTART_LOG_QUESTIONS=yes", "DLSTART_STORE_QUESTIONS=yes"} <= set(lines)
    assert not [line for line in lines if line.endswith(("=True", "=False", "}"))]
    printed = dict(line.split("=", 1) for line in lines if line.startswith("DLSTART_"))
    printed = {name: value for name, value in printed.items() if value != "(hidden)"}
    assert read_settings(printed).values == read_settings().values


def test_the_docs_hold_the_table() -> None:
    assert describe_table() in DOCS.read_text("utf-8"), "put in what `dlstart settings --markdown` prints"


def test_every_setting_of_the_contract_is_there() -> None:
    names = {row.name.removeprefix("DLSTART_") for row in TABLE}
    assert names >= {
        "CORPUS", "INDEX_DIR", "DATA_DIR", "DATABASE_URL", "ENCODER", "DEVICE", "GENERATOR", "GENERATOR_URL",
        "GENERATOR_API_KEY", "GENERATOR_TIMEOUT", "API_KEYS", "ALLOWED_ORIGINS", "RATE_LIMIT", "TRUSTED_PROXIES",
        "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL", "STORE_QUESTIONS",
        "RETENTION_DAYS", "LOG_QUESTIONS",
    }  # fmt: skip
