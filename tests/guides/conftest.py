"""Assistants over guides that the program does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.service import Assistant
from assistant.settings import Settings, read_settings

FOLDER = Path(__file__).parent
GUIDES = ("home-brewing", "birdwatching", "brot-backen")


@pytest.fixture(scope="package")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Assistant]:
    """One assistant for each guide, by its name."""
    return {name: Assistant.open(settings_for(name, tmp_path_factory.mktemp(name))) for name in GUIDES}


def settings_for(guide: str, data_dir: Path) -> Settings:
    """Settings that serve a guide with the encoder that needs no weights."""
    return read_settings(
        {
            "DLSTART_CORPUS": str(FOLDER / f"{guide}.md"),
            "DLSTART_DATA_DIR": str(data_dir),
            "DLSTART_ENCODER": "hashed",
            "DLSTART_DEVICE": "cpu",
        }
    )
