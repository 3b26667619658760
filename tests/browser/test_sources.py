"""The widget's sources: types checked, the committed file built from them, every string in both languages."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.browser.conftest import WIDGET
from tests.browser.pictures import IMAGES, PICTURES

NO_TOOLS = "install Node.js, then run `npm ci` in assistant/channels/widget"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the pinned tools; skips where they are not installed."""
    if shutil.which("node") is None or not (WIDGET / "node_modules").is_dir():
        pytest.skip(NO_TOOLS)
    return subprocess.run(command, cwd=WIDGET, capture_output=True, text=True, timeout=120, check=False)


def test_the_committed_file_is_what_the_sources_build() -> None:
    done = run("node", "build.mjs", "--check")
    assert done.returncode == 0, done.stderr


def test_types_hold() -> None:
    done = run("node_modules/.bin/tsc", "-p", "tsconfig.json")
    assert done.returncode == 0, done.stdout


def test_no_source_makes_markup_from_text() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
        r"|createContextualFragment|setHTML|\.cssText|setAttribute\(\"style\""
    )
    for source in [*WIDGET.glob("src/*.js"), *WIDGET.glob("page/*.js")]:
        assert forbidden.findall(source.read_text(encoding="utf-8")) == [], source.name


def test_no_other_host_is_named() -> None:
    hosts = re.findall(r"https?://[\w.-]+", (WIDGET / "widget.js").read_text(encoding="utf-8"))
    assert set(hosts) <= {"http://www.w3.org"}


def test_both_languages_fill_in_the_same_places() -> None:
    text = (WIDGET / "src" / "strings.js").read_text(encoding="utf-8")
    english, german = text.split("export const de")
    entry = re.compile(r'^  "?([\w-]+)"?: "(.*)",$', re.MULTILINE)
    places = re.compile(r"\{\w+\}")
    ours = {key: sorted(places.findall(value)) for key, value in entry.findall(english)}
    theirs = {key: sorted(places.findall(value)) for key, value in entry.findall(german)}
    assert len(ours) > 90
    assert ours == theirs


def test_every_string_is_used_and_documented_by_its_key() -> None:
    text = (WIDGET / "src" / "strings.js").read_text(encoding="utf-8").split("export const de")[0]
    keys = re.findall(r'^  "?([\w-]+)"?: "', text, re.MULTILINE)
    code = "".join(path.read_text(encoding="utf-8") for path in WIDGET.glob("src/*.js"))
    code = code.replace(text, "")
    computed = (
        "failed_",
        "kind_",
        "status_",
        "goal_",
        "background_",
        "prefer_",
        "reason_",
        "about_privacy_",
        "plan_",
    )
    outcomes = {"not_covered", "off_topic", "refused"}
    for key in keys:
        stem = re.sub(r"_(one|other)$", "", key)
        assert f'"{stem}"' in code or key.startswith(computed) or key in outcomes, key


def test_pictures_of_the_docs_are_those_that_the_command_makes() -> None:
    image = pytest.importorskip("PIL.Image", reason="reads pictures with Pillow: make test installs it")
    assert {path.name for path in IMAGES.glob("*.png")} == set(PICTURES)
    docs = "".join(path.read_text(encoding="utf-8") for path in IMAGES.parent.glob("*.md"))
    for name, (_, window, _, _) in PICTURES.items():
        with image.open(IMAGES / name) as picture:
            assert picture.size == window  # the whole window, not a crop of it
        assert f"images/{name}" in docs
