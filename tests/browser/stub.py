"""A stand-in for the service, true to the contract, that plays every case a network can bring.

A real HTTP server on a free loopback port. Each question takes the next case of `Stub.cases`; without one it
is answered as a stream.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assistant.channels.widget.assets import asset

Json = dict[str, Any]
Case = Callable[["Handler", Json], None]

START = "How do I start learning deep learning?"
VISION = "How do I get into computer vision?"


def citation(number: int, **more: Any) -> Json:
    """A citation with every field of the contract."""
    return {
        "number": number,
        "chunk_id": f"chunk-{number}",
        "kind": "guide",
        "section": "have-basics",
        "resource": "cs231n",
        "resources": ["cs231n"],
        "title": "CS231n: Deep Learning for Computer Vision",
        "url": "https://cs231n.stanford.edu/",
        "quote": "The guide recommends starting with Stanford's CS231n.",
        "status": "current",
        "status_note": None,
        "successor": None,
    } | more


def answer(text: str, citations: list[Json], **more: Any) -> Json:
    """An answer with every field of the contract."""
    return {
        "id": f"ans_{time.monotonic_ns()}",
        "conversation_id": "con_1",
        "outcome": "answered",
        "text": text,
        "citations": citations,
        "related": [],
        "clarifying_question": None,
        "suggestions": [],
        "profile": {},
        "confidence": 0.9,
        "generator": "composer",
        "timings_ms": {"encode": 1.0, "search": 1.0, "compose": 1.0, "total": 3.0},
    } | more


def full_answer() -> Json:
    """An answer with one of everything: list, emphasis, sources in several states, a question back."""
    return answer(
        "The guide recommends starting with Stanford's **CS231n** if you know the maths [1]. "
        "CS224d was its course on language; CS224n took its place [2][3].\n\n"
        "- Strang's lectures teach *linear algebra* from the beginning [4].\n"
        "- MIT's courses on edX cover calculus and probability [1].\n\n"
        "Everything here is free to read.",
        [
            citation(1),
            citation(
                2,
                title="CS224d: Deep Learning for NLP",
                kind="guide",
                url="https://web.stanford.edu/class/cs224n/",
                quote="CS224d is an introduction to natural language processing with deep learning.",
                status="superseded",
                status_note="CS224d was last taught in 2016; CS224n took its place.",
                successor={"title": "CS224n", "url": "https://web.stanford.edu/class/cs224n/"},
            ),
            citation(
                3,
                kind="addition",
                title="CS224n: Natural Language Processing with Deep Learning",
                url="https://web.stanford.edu/class/cs224n/",
                quote="CS224n is Stanford's course on natural language processing with deep learning.",
                status="updated",
            ),
            citation(
                4,
                kind="resource",
                title="Linear Algebra (18.06SC), Gilbert Strang",
                url="https://ocw.mit.edu/courses/18-06sc-linear-algebra-fall-2011/",
                quote="Strang's lectures teach linear algebra from the beginning.",
                status="moved",
            ),
        ],
        outcome="clarify",
        clarifying_question={
            "text": "How much maths do you know?",
            "options": ["No maths yet", "Some maths", "I know linear algebra and calculus"],
        },
        suggestions=["How long does CS231n take?", "Is there a book instead?"],
    )


def guide() -> Json:
    """What the service says of the guide that it serves."""
    return {
        "guide": {
            "title": "How to start learning deep learning",
            "subject": "deep learning",
            "language": "en",
            "starters": [
                START,
                "I have no maths background. Where do I begin?",
                "Which framework should a beginner use?",
                VISION,
                "What should I read first about reinforcement learning?",
            ],
        },
        "sections": [{"id": "have-basics", "title": "With the basics"}],
    }


def not_covered() -> Json:
    """About the field, but not in the corpus."""
    return answer(
        "The guide says nothing about diffusion models.",
        [],
        outcome="not_covered",
        related=[
            {
                "id": "computer-vision",
                "kind": "section",
                "title": "Computer vision",
                "url": "https://guide.example/vision",
            },
            {
                "id": "frameworks",
                "kind": "section",
                "title": "Frameworks",
                "url": "https://guide.example/frameworks",
            },
        ],
        confidence=0.2,
    )


def step(number: int, resource: str, title: str, prerequisites: list[str], **more: Any) -> Json:
    """A step of a plan with every field of the contract."""
    return {
        "number": number,
        "section": "have-basics",
        "resource": resource,
        "title": title,
        "why": f"{title} is where the guide starts [1].",
        "url": f"https://example.org/{resource}",
        "status": "current",
        "successor": None,
        "prerequisites": prerequisites,
        "effort": None,
        "citations": [citation(1, resource=resource, title=title)],
    } | more


def plan() -> Json:
    """A plan of six steps with prerequisites."""
    return {
        "steps": [
            step(1, "strang-linear-algebra", "Linear Algebra (18.06SC), Gilbert Strang", []),
            step(2, "mitx-calculus", "Calculus 1A: Differentiation", [], optional=True, origin="addition"),
            step(3, "mitx-probability", "Introduction to Probability", ["mitx-calculus"]),
            step(
                4,
                "cs231n",
                "CS231n: Deep Learning for Computer Vision",
                ["strang-linear-algebra", "mitx-probability"],
                effort="10 weeks",
            ),
            step(5, "olah-lstm", "Understanding LSTM Networks", ["cs231n"]),
            step(
                6,
                "cs224d",
                "CS224d: Deep Learning for Natural Language Processing",
                ["olah-lstm"],
                status="superseded",
                successor={"title": "CS224n", "url": "https://web.stanford.edu/class/cs224n/"},
            ),
        ],
        "profile": {"goal": ["nlp"]},
        "text": "A plan.",
    }


def events(body: Json) -> Iterator[tuple[str, Json]]:
    """The answer as the contract's events: meta, deltas with the citations they bring, done."""
    yield "meta", {name: body[name] for name in ("id", "conversation_id", "outcome", "profile")}
    for item in body["citations"]:
        yield "citation", item
    words = body["text"].split(" ")
    for index in range(0, len(words), 3):
        tail = " " if index + 3 < len(words) else ""
        yield "delta", {"text": " ".join(words[index : index + 3]) + tail}
    yield "done", body


# ---- the cases


def stream(delay: float = 0.0) -> Case:
    """Every event, `delay` seconds apart."""

    def case(handler: Handler, body: Json) -> None:
        handler.begin_stream()
        for number, (name, data) in enumerate(events(body), 1):
            handler.event(name, data, number)
            time.sleep(delay)
        handler.end_stream()

    return case


def held(gate: threading.Event, after: int = 6) -> Case:
    """Stops after `after` events until the gate opens, so that a test can look at the middle."""

    def case(handler: Handler, body: Json) -> None:
        handler.begin_stream()
        for number, (name, data) in enumerate(events(body), 1):
            handler.event(name, data, number)
            if number == after:
                gate.wait(10)
        handler.end_stream()

    return case


def cut(after: int, gate: threading.Event | None = None) -> Case:
    """The line breaks after `after` events; with a gate, when that opens."""

    def case(handler: Handler, body: Json) -> None:
        handler.begin_stream()
        for number, (name, data) in list(enumerate(events(body), 1))[:after]:
            handler.event(name, data, number)
        if gate is not None:
            gate.wait(10)
        handler.close_connection = True  # without the last chunk: the browser sees a broken body

    return case


def shuffled(handler: Handler, body: Json) -> None:
    """Deltas arrive out of order and twice; their numbers say what is right. `done` waits for the gate."""
    handler.begin_stream()
    numbered = list(enumerate(events(body), 1))
    middle = numbered[1:-1]
    for number, (name, data) in [numbered[0], *reversed(middle), *middle, numbered[0]]:
        handler.event(name, data, number)
    handler.stub.gate.wait(10)
    handler.event(*numbered[-1][1], numbered[-1][0])
    handler.event(*numbered[-1][1], numbered[-1][0])
    handler.end_stream()


def in_pieces(handler: Handler, body: Json) -> None:
    """The bytes come a few at a time, cut inside lines and letters, with CRLF line ends and comments."""
    handler.begin_stream()
    whole = b": hello\r\n\r\n"
    for number, (name, data) in enumerate(events(body), 1):
        whole += (
            f"id: {number}\r\nevent: {name}\r\ndata: {json.dumps(data, ensure_ascii=False)}\r\n\r\n".encode()
        )
        whole += b": still here\r\n\r\n"
    for start in range(0, len(whole), 7):
        handler.chunk(whole[start : start + 7])
    handler.end_stream()


def plain_json(handler: Handler, body: Json) -> None:
    """A proxy or a setting that does not stream: the JSON form, whatever was asked for."""
    handler.reply(200, body)


def problem(status: int, retry_after: str | None = None) -> Case:
    """A failure as problem+json."""

    def case(handler: Handler, body: Json) -> None:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        handler.problem(status, headers)

    return case


def error_event(handler: Handler, body: Json) -> None:
    """The stream begins and ends with an error."""
    handler.begin_stream()
    for number, (name, data) in enumerate(list(events(body))[:3], 1):
        handler.event(name, data, number)
    detail = {"type": "about:blank", "title": "Error", "status": 500, "detail": "x", "request_id": "req_42"}
    handler.event("error", detail, 99)
    handler.end_stream()


def garbage(handler: Handler, body: Json) -> None:
    """Not what was asked for at all."""
    handler.reply(200, "<html>hello</html>", "text/html")


def slow(seconds: float) -> Case:
    """Nothing for a while, then the whole stream."""

    def case(handler: Handler, body: Json) -> None:
        time.sleep(seconds)
        stream()(handler, body)

    return case


# ---- the server


@dataclass
class Seen:
    """One request, as it came."""

    method: str
    """GET, POST, …"""
    path: str
    """With its query."""
    headers: dict[str, str]
    """Names in lower case."""
    body: Json
    """The JSON body, empty where there was none."""


@dataclass
class Stub:
    """What the server answers, and what it was asked."""

    cases: deque[Case] = field(default_factory=deque)
    """How the next questions fare, in order."""
    answers: dict[str, Json] = field(default_factory=dict)
    """Answers by question; any other gets `full_answer`."""
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    """Host pages by path: HTML and extra headers."""
    scripts: dict[str, str] = field(default_factory=dict)
    """JavaScript modules by path."""
    files: dict[str, Any] = field(default_factory=lambda: {"/v1/sections": guide()})
    """JSON by path, such as /v1/sections."""
    seen: list[Seen] = field(default_factory=list)
    """Every request except for files."""
    origins: set[str] = field(default_factory=set)
    """Pages of other origins that may ask."""
    plan: Json = field(default_factory=plan)
    """What POST /v1/plan answers."""
    feedback_status: int = 200
    """What POST /v1/feedback answers."""
    kept: dict[str, Json] = field(default_factory=dict)
    """Answers by Idempotency-Key, as the service keeps them."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Opened by a test that has seen enough of the middle."""
    lines: set[socket.socket] = field(default_factory=set)
    """Open connections."""
    port: int = 0
    """The port, once it runs."""
    server: ThreadingHTTPServer | None = None
    """The running server."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Seen]:
        """The questions that came in."""
        return [seen for seen in self.seen if seen.path == "/v1/ask"]

    def start(self) -> None:
        """Serve; a second start takes the same port again."""
        stub = self

        class Bound(Handler):
            pass

        Bound.stub = stub
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Bound)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Hang up, and refuse connections from now on."""
        self.gate.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        for line in tuple(self.lines):
            with contextlib.suppress(OSError):  # the browser was faster
                line.shutdown(socket.SHUT_RDWR)

    def answer_to(self, seen: Seen) -> Json:
        """The answer, the same again for the same Idempotency-Key."""
        key = seen.headers.get("idempotency-key", "")
        if key not in self.kept:
            question = seen.body.get("question", "")
            self.kept[key] = self.answers.get(question) or full_answer()
        return self.kept[key]


class Handler(BaseHTTPRequestHandler):
    """Routes of the contract that the widget uses."""

    stub: Stub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def setup(self) -> None:
        """Notes the connection, so that `stop` can end it."""
        super().setup()
        self.stub.lines.add(self.connection)

    def handle(self) -> None:
        """A browser that hangs up in the middle is part of the play."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def finish(self) -> None:
        """The same, while the last bytes are flushed."""
        self.stub.lines.discard(self.connection)
        try:
            super().finish()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _seen(self) -> Seen:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, json.loads(raw) if raw else {})
        self.stub.seen.append(seen)
        return seen

    def _cors(self) -> None:
        origin = self.headers.get("Origin")
        if origin in self.stub.origins:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Expose-Headers", "Retry-After, X-Request-ID")

    def reply(self, status: int, body: Any, kind: str = "application/json", **headers: str) -> None:
        """One whole response."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self._cors()
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def problem(self, status: int, headers: dict[str, str] | None = None) -> None:
        """A problem document."""
        body = {"type": "about:blank", "title": "No", "status": status, "detail": "", "request_id": "req_42"}
        self.reply(status, body, "application/problem+json", **(headers or {}))

    def begin_stream(self) -> None:
        """Headers of an event stream."""
        self.send_response(200)
        self._cors()
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        """One piece of the body."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, name: str, data: Json, number: int) -> None:
        """One server-sent event."""
        self.chunk(f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def end_stream(self) -> None:
        """The last chunk."""
        self.wfile.write(b"0\r\n\r\n")

    def do_OPTIONS(self) -> None:
        """CORS preflight."""
        self.send_response(204)
        origin = self.headers.get("Origin")
        if origin in self.stub.origins:
            self._cors()
            self.send_header("Access-Control-Allow-Methods", "GET, POST, DELETE")
            self.send_header("Access-Control-Allow-Headers", "Content-Type, Authorization, Idempotency-Key")
        self.end_headers()

    def do_GET(self) -> None:
        """Files, host pages, the corpus."""
        path = self.path.split("?")[0]
        if path in self.stub.pages:
            html, headers = self.stub.pages[path]
            self.reply(200, html, "text/html; charset=utf-8", **headers)
        elif path in self.stub.scripts:
            self.reply(200, self.stub.scripts[path], "text/javascript; charset=utf-8")
        elif path in self.stub.files:
            self.reply(200, self.stub.files[path])
        elif path == "/healthz":
            self.reply(200, {"status": "ok"})
        elif found := asset(path):
            self.send_response(200)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)
        else:
            self.problem(404)

    def do_DELETE(self) -> None:
        """Forgets a conversation."""
        self._seen()
        self.send_response(204)
        self._cors()
        self.end_headers()

    def do_POST(self) -> None:
        """Ask, plan, feedback."""
        seen = self._seen()
        accept = seen.headers.get("accept", "")
        if seen.path == "/v1/ask":
            body = self.stub.answer_to(seen)
            if self.stub.cases:
                self.stub.cases.popleft()(self, body)
            elif accept == "text/event-stream" or seen.body.get("stream"):
                stream()(self, body)
            else:
                self.reply(200, body)
        elif seen.path == "/v1/plan" and accept == "text/markdown":
            self.reply(200, "# Your plan\n", "text/markdown; charset=utf-8")
        elif seen.path == "/v1/plan" and accept == "text/calendar":
            self.reply(200, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar; charset=utf-8")
        elif seen.path == "/v1/plan":
            self.reply(200, self.stub.plan)
        elif seen.path == "/v1/feedback" and self.stub.feedback_status == 200:
            self.reply(200, seen.body)
        elif seen.path == "/v1/feedback":
            self.problem(self.stub.feedback_status)
        else:
            self.problem(404)
