"""How much of the machine a process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.device import count_cores


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("max 100000", 8),
        ("1600000 100000", 8),
        ("300000 100000", 3),
        ("50000 100000", 1),
        ("", 8),
        ("not a share", 8),
        (None, 8),
    ],
)
def test_a_container_s_share_of_the_cores_counts(
    share: str | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "cpu.max"
    if share is not None:
        place.write_text(f"{share}\n")
    monkeypatch.setattr("index.device._CPU_SHARE", place)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert count_cores() == expected
