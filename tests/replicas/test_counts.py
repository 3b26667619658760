"""Requests of one client are counted once for all processes; without Redis, in each."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable

import pytest
from limits import parse

from assistant.channels.http import counts
from assistant.channels.http.counts import Counts
from assistant.errors import UsageError
from assistant.settings import read_settings
from tests.replicas.redis_server import RedisServer

TWO = parse("2/minute")
Make = Callable[[], Counts]


@pytest.fixture
async def make(redis: RedisServer) -> AsyncIterator[Make]:
    """A function that makes the counts of one more process."""
    made: list[Counts] = []

    def another() -> Counts:
        made.append(Counts(redis.url))
        return made[-1]

    yield another
    for one in made:
        await one.close()


async def test_processes_count_a_client_together_and_clients_apart(make: Make) -> None:
    one, two = make(), make()
    assert [await one.wait(TWO, "a"), await two.wait(TWO, "a")] == [0, 0]
    assert 1 <= await one.wait(TWO, "a") <= 61
    assert 1 <= await two.wait(TWO, "a") <= 61
    assert await two.wait(TWO, "b") == 0


async def test_without_redis_each_process_counts_and_says_so_once(
    make: Make, redis: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "_AGAIN_AFTER", 0.0)
    one = make()
    assert await one.wait(TWO, "a") == 0
    redis.kill()
    with caplog.at_level(logging.WARNING, "dlstart.service"):
        assert [await one.wait(TWO, "a") > 0 for _ in range(4)] == [False, False, True, True]
        redis.start()
        assert await one.wait(TWO, "a") == 0
    said = [record.message.split(" (")[0] for record in caplog.records]
    assert said == ["Redis can't be used", "Redis is back"]
    assert redis.url not in caplog.text


async def test_a_redis_that_hangs_keeps_one_request_waiting_and_no_other(
    make: Make, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "_PATIENCE", 0.2)
    monkeypatch.setattr(counts, "_AGAIN_AFTER", 60.0)
    one = make()
    await one.wait(TWO, "a")
    redis.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    assert [await one.wait(TWO, f"client {number}") for number in range(200)] == [0] * 200
    redis.process.send_signal(signal.SIGCONT)
    assert time.monotonic() - began < 200 * 0.2


def test_a_missing_package_is_one_line_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(UsageError, match="DLSTART_RATE_LIMIT_STORAGE needs redis") as error:
        Counts("redis://:secret@redis:6379/0")
    assert error.value.cure == "pip install 'dlstart[redis]'"


@pytest.mark.parametrize("url", ["memcached://:secret@host", "redis://", "redis://:secret@host:port/0"])
def test_an_address_of_no_redis_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="DLSTART_RATE_LIMIT_STORAGE") as error:
        Counts(read_settings({"DLSTART_RATE_LIMIT_STORAGE": url}).rate_limit_storage)
    assert "secret" not in f"{error.value} {error.value.cure}"
