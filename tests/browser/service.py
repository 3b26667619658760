"""The service itself, as `dlstart serve` in a process of its own, and a host page with its own style and shortcuts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST_PAGE = """<!doctype html>
<html lang="en" dir="{direction}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Field notes</title>
<style>
  :root {{ color-scheme: light dark; }}
  * {{ box-sizing: border-box; letter-spacing: .01em; }}
  body {{ margin: 0; font: 18px/1.6 Georgia, serif; }}
  body {{ background: light-dark(#e8f0d8, #20301c); color: light-dark(#102a10, #e0f0d8); }}
  header {{ padding: 24px 5vw; background: light-dark(#2f6b2f, #8fd08f); color: light-dark(#fff, #102010); }}
  main {{ padding: 24px 5vw; columns: 22em; }}
  button, input {{ font: inherit; text-transform: uppercase; }}
  dialog::backdrop {{ background: red; }}
</style>
<header><h1>Field notes</h1><input id="search" placeholder="press / to search"></header>
<main>{words}</main>
<script>
  // Single letters at every place where a page can listen.
  window.heard = [];
  const KEYS = ['/', 's', 'f', '?', 'Enter', 'Escape', ' ', 'ArrowDown'];
  for (const [name, place] of [['window', window], ['document', document], ['body', document.body]]) {{
    for (const capture of [false, true]) {{
      if (name === 'window' && capture) continue; // see earliest()
      for (const type of ['keydown', 'keypress', 'keyup']) {{
        place.addEventListener(type, (event) => {{
          const typing = event.target.matches?.('input, textarea, [contenteditable]');
          if (typing || !KEYS.includes(event.key)) return;
          heard.push(`${{name}} ${{capture ? 'capture' : 'bubble'}} ${{type}} ${{event.key}}`);
          if (type === 'keydown' && event.key === '/') {{
            event.preventDefault();
            document.getElementById('search').focus();
          }}
        }}, capture);
      }}
    }}
  }}
</script>
{tag}
</html>"""
"""A page of somebody else's: serif, green, uppercase buttons, shortcuts that leave only real fields alone."""

SNIPPET = (
    '<script type="module" src="{service}/widget.js"></script>\n<dl-guide-chat {attributes}></dl-guide-chat>'
)
"""The two lines of docs/widget.md."""


def host_page(service: str, attributes: str = "", direction: str = "ltr") -> str:
    """The host page with the widget of a service on it."""
    words = "<p>Words of the page, which stay in sight whatever the widget does.</p>" * 24
    return HOST_PAGE.format(
        direction=direction, words=words, tag=SNIPPET.format(service=service, attributes=attributes)
    )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(state: Path, wait: bool = True, **settings: str) -> Iterator[str]:
    """Serve with `DLSTART_<NAME>` settings and a data directory of its own; gives the address.

    `wait`: until it is ready. Raises AssertionError with the log where it ends before that.
    """
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DLSTART_")}
    environment |= {"DLSTART_DATA_DIR": str(state), "DLSTART_RATE_LIMIT": "1000/minute"}
    environment |= {f"DLSTART_{name.upper()}": value for name, value in settings.items()}
    path = state / "log"
    with path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant", "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            probe(f"{url}/{'readyz' if wait else 'healthz'}", process, path)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def probe(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    """Ask until it answers with 200."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=2) as response:
                if response.status == 200:
                    return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    raise AssertionError(log.read_text())
