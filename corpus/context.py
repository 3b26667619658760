"""Paragraphs keep the words that they can't be read without: an item its lead-in, “It is …” the paragraph before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from corpus.markdown import Block
from corpus.sentences import LEANING, is_ended, split_sentences
from corpus.types import Link

_COLONS = (":", "：")
# A longer lead-in says something by itself, and would drown its items.
_LONGEST_LEAD = 200
# A list of few words is one answer, not several.
_LONGEST_LIST = 400
# A longer paragraph would be cut again where it is indexed.
_LONGEST_CONTEXT = 1000


def keep_lead_ins(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield paragraphs so that each can be read alone.

    A paragraph or item that leads to a list (it ends with a colon, or not like a sentence) is put before every item of
    the list. Where the items are fragments without links, and short, the list is one paragraph.
    """
    leads: dict[int, Block] = {}
    at = 0
    while at < len(blocks):
        block = blocks[at]
        leads = {depth: lead for depth, lead in leads.items() if depth < block.depth}
        items = _items(blocks, at) if _is_lead(blocks, at) else []
        if not items:
            yield _prefix(leads.values(), block)
            at += 1
            continue
        rest, lead = _split_lead(block)
        if rest is not None:
            yield _prefix(leads.values(), rest)
        if rest is not block and _is_short(lead, items):
            yield _prefix(leads.values(), _join(lead, items))
            at += 1 + len(items)
            continue
        if rest is not block and lead.links:
            yield _prefix(leads.values(), lead)
        leads[block.depth] = lead
        at += 1


def keep_antecedents(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield paragraphs so that none begins with a pronoun for what the one before it names: the two become one."""
    last: Block | None = None
    for block in blocks:
        if last is None:
            last = block
        elif _leans(block, last):
            at = len(last.text) + 1
            last = replace(
                last,
                text=f"{last.text} {block.text}",
                span=(last.span[0], block.span[1]),
                links=last.links + tuple(_moved(link, at) for link in block.links),
            )
        else:
            yield last
            last = block
    if last is not None:
        yield last


def _leans(block: Block, last: Block) -> bool:
    plain = not (block.row or last.row or block.depth or last.depth) and block.quoted == last.quoted
    return (
        plain
        and is_ended(last.text)
        and len(last.text) <= _LONGEST_CONTEXT
        and LEANING.match(block.text) is not None
    )


def _is_lead(blocks: Sequence[Block], at: int) -> bool:
    """Whether a list follows, and the block can't stand without it."""
    block = blocks[at]
    if at + 1 == len(blocks) or block.row:
        return False
    after = blocks[at + 1]
    if after.depth <= block.depth or after.row or after.quoted != block.quoted:
        return False
    start = split_sentences(block.text)[-1][0]
    if len(block.text) - start > _LONGEST_LEAD:
        return False
    if block.text.endswith(_COLONS):
        return True
    return not is_ended(block.text) and (start == 0 or bool(block.lead))


def _items(blocks: Sequence[Block], at: int) -> list[Block]:
    """The blocks of the list below a block."""
    items = []
    for block in blocks[at + 1 :]:
        if block.depth <= blocks[at].depth:
            break
        items.append(block)
    return items


def _split_lead(block: Block) -> tuple[Block | None, Block]:
    """What stands by itself, and what leads to the list.

    The last sentence leads to the list, and those before it stand by themselves; but where it is no lead-in, the bold
    words at the beginning are one, and all stands by itself.
    """
    start = split_sentences(block.text)[-1][0]
    if start == 0:
        return None, block
    if not block.text.endswith(_COLONS):
        return block, _part(block, 0, len(block.lead))
    return _part(block, 0, start), _part(block, start, len(block.text))


def _part(block: Block, start: int, end: int) -> Block:
    links = tuple(_moved(link, -start) for link in block.links if start <= link.start and link.end <= end)
    return replace(block, text=block.text[start:end].rstrip(), links=links)


def _is_short(lead: Block, items: Sequence[Block]) -> bool:
    return (
        len(items) > 1
        and all(item.opens and item.depth == lead.depth + 1 and not item.links for item in items)
        and not any(is_ended(item.text) or item.text.endswith(_COLONS) for item in items[:-1])
        and len(lead.text) + sum(len(item.text) + 2 for item in items) <= _LONGEST_LIST
    )


def _join(lead: Block, items: Sequence[Block]) -> Block:
    words = [item.text.removesuffix(" and").removesuffix(" or").rstrip(",;， ") for item in items]
    text = f"{_stem(lead.text)}: {'; '.join(words)}"
    text = text if is_ended(text) else f"{text}."
    return replace(lead, text=text, span=(lead.span[0], items[-1].span[1]))


def _prefix(leads: Iterable[Block], block: Block) -> Block:
    """The block behind the words that lead to it."""
    path = list(leads)
    while path and sum(len(lead.text) + 2 for lead in path) > _LONGEST_LEAD:
        path.pop(0)
    if not path or block.row:
        return block
    words = "".join(f"{_stem(lead.text)}: " for lead in path)
    return replace(
        block,
        text=words + block.text,
        links=tuple(_moved(link, len(words)) for link in block.links),
        about=tuple(link.url for lead in path for link in lead.links),
    )


def _stem(lead: str) -> str:
    return lead.rstrip(":： ")


def _moved(link: Link, by: int) -> Link:
    return Link(link.start + by, link.end + by, link.url)
