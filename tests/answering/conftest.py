"""The toy guide, built once."""

from __future__ import annotations

import pytest

from tests.answering.toy import Bench, write_toy


@pytest.fixture(scope="package")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The guide with annotations and facts."""
    folder = tmp_path_factory.mktemp("toy")
    return Bench.over(write_toy(folder / "corpus"), folder / "index")


@pytest.fixture(scope="package")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The same guide without annotations."""
    folder = tmp_path_factory.mktemp("bare")
    return Bench.over(write_toy(folder / "corpus", annotated=False), folder / "index")
