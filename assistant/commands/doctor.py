"""`dlstart doctor`: what the program runs on, and what is missing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from assistant.channels.slack import need_slack
from assistant.errors import AssistantError
from assistant.settings import TABLE, Settings, read_settings


def doctor(
    slack: Annotated[bool, typer.Option("--slack", help="Ask Slack whether the bot is set up.")] = False,
) -> None:
    """Device, models, index, database, Redis, model server; settings that are not the defaults; --slack: the app."""
    settings = read_settings()
    well = _check_slack(settings) if slack else _check_program(settings)
    raise SystemExit(0 if well else 1)


def _check_slack(settings: Settings) -> bool:
    with need_slack():
        from assistant.channels.slack.doctor import check_slack

    findings = asyncio.run(check_slack(settings))
    for finding in findings:
        _say(finding.well, finding.what, finding.cure)
    return all(finding.well for finding in findings)


def _check_program(settings: Settings) -> bool:
    _say(True, f"Python {sys.version.split()[0]}")
    checks = (_check_device, _check_index, _check_database, _check_redis, _check_model)
    well = [check(settings) for check in checks]
    changed = [row for row in TABLE if settings.values[row.field] != row.read(row.default)]
    for row in changed:
        shown = "(hidden)" if row.secret else settings.values[row.field]
        _say(True, f"{row.name} = {shown}")
    return all(well)


def _check_device(settings: Settings) -> bool:
    from index.device import choose_device
    from index.errors import IndexProblem

    try:
        _say(True, f"device: {choose_device(settings.device)}")
    except IndexProblem as problem:
        _say(False, str(problem), problem.cure)
        return False
    return True


def _check_index(settings: Settings) -> bool:
    from index.errors import IndexProblem
    from index.search import find_vectors
    from index.store import read_manifest, verify_files

    try:
        manifest = read_manifest(settings.index_path)
        verify_files(settings.index_path, manifest)
        where = find_vectors(settings.index_path, manifest, settings.vectors)
    except IndexProblem as problem:
        _say(False, str(problem), problem.cure)
        return False
    _say(True, f"index: {manifest.chunks} chunks in {settings.index_path}, built {manifest.built_at}")
    _say(True, f"vectors: {manifest.views}, {where}")
    _say(
        True,
        f"model: {manifest.encoder_id}, {manifest.dimension} dimensions, run by {manifest.encoder_engine}",
    )
    return True


def _check_database(settings: Settings) -> bool:
    if not settings.store_questions:
        _say(True, "database: none, conversations live in memory (DLSTART_STORE_QUESTIONS=no)")
        return True
    from assistant.stores.state import describe_database

    return _tell("database", lambda: describe_database(settings))


def _check_redis(settings: Settings) -> bool:
    if not settings.rate_limit_storage:
        return True
    from assistant.channels.http.counts import describe_redis

    return _tell("Redis", lambda: asyncio.run(describe_redis(settings.rate_limit_storage)))


def _check_model(settings: Settings) -> bool:
    if not str(settings.generator).startswith("openai:"):
        return True
    from assistant.generators.openai_api import describe_server

    return _tell("model server", lambda: describe_server(settings))


def _tell(what: str, look: Callable[[], str]) -> bool:
    try:
        _say(True, f"{what}: {look()}")
    except AssistantError as error:
        _say(False, f"{what}: {error}", error.cure)
        return False
    return True


def _say(well: bool, what: str, cure: str = "") -> None:
    typer.echo(f"{'ok ' if well else '-- '} {what}" + (f": {cure}" if cure else ""))
