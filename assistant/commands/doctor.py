"""`dlstart doctor`: what the program runs on, and what is missing."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from assistant.channels.slack import need_slack
from assistant.settings import TABLE, Settings, read_settings


def doctor(
    slack: Annotated[bool, typer.Option("--slack", help="Ask Slack whether the bot is set up.")] = False,
) -> None:
    """Device, models and index; the settings that are not the defaults; with --slack, the Slack app."""
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
    well = True
    _say(True, f"Python {sys.version.split()[0]}")
    well &= _check_device(settings)
    well &= _check_index(settings)
    _say(True, f"state in {settings.data_path}")
    changed = [row for row in TABLE if settings.values[row.field] != row.read(row.default)]
    for row in changed:
        shown = "(hidden)" if row.secret else settings.values[row.field]
        _say(True, f"{row.name} = {shown}")
    return well


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


def _say(well: bool, what: str, cure: str = "") -> None:
    typer.echo(f"{'ok ' if well else '-- '} {what}" + (f": {cure}" if cure else ""))
