"""Where a request came from: X-Forwarded-For in the forms that proxies write it in."""

from __future__ import annotations

import pytest

from assistant.channels.http.clients import client_address

PEER = "10.0.0.2"


def address(proxies: int, *lines: str, peer: str = PEER) -> str:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    return client_address({"type": "http", "client": (peer, 4711), "headers": headers}, proxies)


@pytest.mark.parametrize(
    ("proxies", "lines", "expected"),
    [
        (0, ["203.0.113.7"], PEER),
        (1, [], PEER),
        (1, [""], PEER),
        (1, [" , ,"], PEER),
        (1, ["9.9.9.9, 203.0.113.7"], "203.0.113.7"),
        (1, ["9.9.9.9", "203.0.113.7"], "203.0.113.7"),
        (1, ["9.9.9.9, 8.8.8.8", "7.7.7.7", "203.0.113.7"], "203.0.113.7"),
        (1, ["9.9.9.9,", "", "203.0.113.7"], "203.0.113.7"),
        (2, ["9.9.9.9", "203.0.113.7, 10.0.0.1"], "203.0.113.7"),
        (2, ["9.9.9.9", "203.0.113.7", "10.0.0.1"], "203.0.113.7"),
        (2, ["203.0.113.7"], "203.0.113.7"),
        (3, ["9.9.9.9", "203.0.113.7, 10.0.0.1", "10.0.0.3"], "203.0.113.7"),
    ],
)
def test_all_lines_are_one_list_read_from_its_end(proxies: int, lines: list[str], expected: str) -> None:
    assert address(proxies, *lines) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1:5321", "198.51.100.1"),
        ("  198.51.100.1:5321\t", "198.51.100.1"),
        ('"198.51.100.1:5321"', "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:5321", "2001:db8::1"),
        ('"[2001:db8::1]:5321"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]:80", "fe80::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("::1", "::1"),
    ],
)
def test_a_port_brackets_quotes_and_zones_are_no_part_of_an_address(entry: str, expected: str) -> None:
    assert address(1, f"9.9.9.9, {entry}") == expected


@pytest.mark.parametrize(
    "entry",
    ["unknown", "_hidden", "-", "nonsense", "198.51.100", "198.51.100.256", "198.51.100.1:port", "[2001:db8::1",
     "[]", ":5321", "client.example", "1.2.3.4 5.6.7.8", "for=1.2.3.4", "½"],
)  # fmt: skip
def test_where_a_proxy_wrote_no_address_the_next_hop_stands_in(entry: str) -> None:
    assert address(1, f"9.9.9.9, {entry}") == PEER
    assert address(2, f"9.9.9.9, {entry}", "10.0.0.1") == "10.0.0.1"


def test_a_service_on_a_unix_socket_has_no_peer() -> None:
    assert client_address({"type": "http", "client": None, "headers": []}, 1) == ""
