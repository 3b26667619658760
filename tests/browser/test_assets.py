"""What `asset` hands to the HTTP channel."""

from __future__ import annotations

import gzip

import pytest

from assistant.channels.widget.assets import PATHS, asset


@pytest.mark.parametrize("path", PATHS)
def test_every_path_has_a_body_a_type_and_an_etag(path: str) -> None:
    found = asset(path)
    assert found is not None
    assert found.body
    assert gzip.decompress(found.gzipped) == found.body
    assert found.headers["ETag"] == found.etag
    assert found.etag.startswith('"') and found.etag.endswith('"')
    assert found.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["", "/nothing", "/assets/../assets.py", "/assets/", "//widget.js", "/widget.js/"]
)
def test_no_other_path_has_one(path: str) -> None:
    assert asset(path) is None


def test_a_module_may_be_loaded_by_other_sites() -> None:
    script = asset("/widget.js")
    assert script is not None
    assert script.content_type == "text/javascript; charset=utf-8"
    assert script.headers["Access-Control-Allow-Origin"] == "*"
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_the_page_carries_its_policy_and_is_always_checked() -> None:
    page = asset("/")
    assert page is not None
    assert page.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in page.headers
    assert b"<style" not in page.body
    assert b" style=" not in page.body
    assert b" onclick=" not in page.body


def test_if_none_match() -> None:
    script = asset("/widget.js")
    assert script is not None
    assert script.unchanged(script.etag)
    assert script.unchanged(f'"x", W/{script.etag}')
    assert script.unchanged("*")
    assert not script.unchanged('"x"')
    assert not script.unchanged(None)
