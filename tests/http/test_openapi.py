"""The OpenAPI document: its examples are sent, and schemathesis tries to break what it promises."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from assistant.channels.http import examples
from assistant.channels.http.app import make_app
from assistant.service import Assistant
from assistant.settings import Settings
from tests.http.conftest import MakeClient

EXAMPLES = [
    (path, name, example["value"])
    for path, named in (
        ("/v1/ask", examples.QUESTIONS),
        ("/v1/search", examples.SEARCHES),
        ("/v1/plan", examples.PLANS),
        ("/v1/chat/completions", examples.CHATS),
    )
    for name, example in named.items()
]


async def read_document(client: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    return document


def check(document: dict[str, Any], name: str, value: Any) -> None:
    """Whether a value has the documented shape of that name, and no field that is not documented."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


async def test_it_is_openapi_3_1_and_names_every_route(client: httpx.AsyncClient) -> None:
    document = await read_document(client)
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/v1/ask", "/v1/search", "/v1/plan", "/v1/feedback", "/v1/resources", "/v1/resources/{id}", "/v1/sections",
        "/v1/conversations/{id}", "/v1/chat/completions", "/v1/models", "/v1/models/{id}", "/healthz", "/readyz",
        "/metrics",
    }  # fmt: skip
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"] and operation["operationId"]
            assert "500" in operation["responses"]


async def test_every_reference_of_the_document_leads_somewhere(client: httpx.AsyncClient) -> None:
    document = await read_document(client)
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert named and named <= set(document["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/ask", {"question": "hi", "stream": "no"}, "stream"),
        ("/v1/plan", {"profile": {"can_program": 1}}, "profile.can_program"),
    ],
)
async def test_a_word_is_no_boolean(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    response = await client.post(path, json=body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_keys_are_documented_where_they_are_needed(make_client: MakeClient) -> None:
    async with make_client(api_keys=("a-key",)) as client:
        document = await read_document(client)
    assert document["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/v1/ask"]["post"]["security"] == [{"key": []}]
    assert "security" not in document["paths"]["/healthz"]["get"]


@pytest.mark.parametrize(
    ("path", "name", "body"), EXAMPLES, ids=[f"{path} {name}" for path, name, _ in EXAMPLES]
)
async def test_every_example_is_answered_as_documented(
    client: httpx.AsyncClient, path: str, name: str, body: dict[str, Any]
) -> None:
    document = await read_document(client)
    request = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    assert request["examples"][name]["value"] == body
    response = await client.post(path, json=body)
    assert response.status_code == 200, response.text
    if body.get("stream"):
        assert response.headers["content-type"].startswith("text/event-stream")
        return
    answer = response.json()
    schema = document["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(schema | {"components": document["components"]}).validate(answer)


async def test_the_example_of_a_vote_works_for_an_answer_that_is_kept(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/v1/ask", json=examples.QUESTIONS["start"]["value"])).json()
    vote = examples.VOTES["down"]["value"]
    assert (await client.post("/v1/feedback", json=vote)).status_code == 404
    assert (await client.post("/v1/feedback", json=vote | {"answer_id": answer["id"]})).status_code == 200


async def test_the_example_answers_have_the_documented_shape(client: httpx.AsyncClient) -> None:
    document = await read_document(client)
    for example in examples.ANSWERS.values():
        check(document, "AnswerBody", example["value"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/resources", "ResourcesBody"),
        ("/v1/sections", "SectionsBody"),
        ("/v1/resources/cs231n", "ResourceBody"),
        ("/healthz", "HealthBody"),
        ("/readyz", "ReadyBody"),
        ("/nope", "ProblemBody"),
    ],
)
async def test_what_is_got_has_the_documented_shape(client: httpx.AsyncClient, path: str, name: str) -> None:
    check(await read_document(client), name, (await client.get(path)).json())


async def test_a_kept_conversation_has_the_documented_shape(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/v1/ask", json={"question": "Where can I learn about LSTMs?"})).json()
    kept = (await client.get(f"/v1/conversations/{answer['conversation_id']}")).json()
    check(await read_document(client), "ConversationBody", kept)


BOUNDED = limits(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
OPERATIONS = [
    ("/v1/ask", "POST"), ("/v1/search", "POST"), ("/v1/plan", "POST"), ("/v1/feedback", "POST"),
    ("/v1/chat/completions", "POST"), ("/v1/resources", "GET"), ("/v1/resources/{id}", "GET"),
    ("/v1/sections", "GET"), ("/v1/conversations/{id}", "GET"), ("/v1/conversations/{id}", "DELETE"),
    ("/v1/models", "GET"), ("/v1/models/{id}", "GET"), ("/healthz", "GET"), ("/readyz", "GET"), ("/metrics", "GET"),
]  # fmt: skip


@pytest.fixture
def schema(assistant: Assistant, settings: Settings) -> Any:
    """The document as schemathesis reads it, over the application in this process."""
    app = make_app(settings.replace(rate_limit="off"), assistant)
    schemas = app.openapi()["components"]["schemas"]
    # Which goals there are is the served guide's to say; a schema of any guide can't hold them.
    known = {"type": "string", "enum": list(assistant.corpus.about.goal_ids)}
    schemas["ProfileBody"]["properties"]["goal"]["items"] = known
    schemas["PlanRequest"]["properties"]["goal"]["anyOf"] = [known, {"type": "array", "items": known}]
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_schemathesis_sees_every_operation(schema: Any) -> None:
    found = {(one.ok().path, one.ok().method.upper()) for one in schema.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_schemathesis_finds_nothing(schema: Any, path: str, method: str, mode: GenerationMode) -> None:
    try:
        strategy = schema[path][method].as_strategy(generation_mode=mode)

        @BOUNDED
        @given(case=strategy)
        def run(case: schemathesis.Case) -> None:
            if path == "/v1/plan" and mode is GenerationMode.POSITIVE:
                _name_something(case.body)
            response = case.call()
            # A body above the limit is refused before it is read; schemathesis doesn't take 413 for a refusal.
            if response.status_code != 413:
                case.validate_response(response)

        run()
    except Unsatisfiable:
        # A route without a body and parameters has nothing that could be wrong.
        assert mode is GenerationMode.NEGATIVE and method == "GET"


def _name_something(body: dict[str, Any]) -> None:
    """Words of a plan must name something in the guide, which no schema can say."""
    for field, word in (("prefer", "reading"), ("avoid", "video"), ("knows", "calculus"), ("done", "cs231n")):
        if isinstance(body.get(field), list):
            body[field] = [word] * len(body[field])
        elif field in body:
            body[field] = word


def test_schemathesis_finds_nothing_when_it_follows_the_links(schema: Any) -> None:
    machine = schema.as_state_machine()
    assert {
        "POST_v1_ask___200_feedback__POST_v1_feedback",
        "POST_v1_ask___200_conversation__GET_v1_conversations_id_",
        "POST_v1_ask___200_forget__DELETE_v1_conversations_id_",
    } <= set(vars(machine))
    machine.run(
        settings=limits(
            max_examples=8,
            stateful_step_count=5,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
    )
