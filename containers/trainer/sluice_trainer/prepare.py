"""Checks everything a run reads, before the first step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .adapter import fetch_adapter
from .base_model import context_length, fetch_base_model, load_tokenizer, prompt_length
from .batches import batch_problems
from .checkpoints import fetch_checkpoint
from .dataset import Row, collect, load_rows
from .exits import bad_input
from .rewards import reward_problems
from .spec import Spec
from .ticket import ticket_problems


@dataclass(frozen=True)
class Prepared:
    base: Path
    tokenizer: Any
    rows: list[Row]
    adapter: Path | None
    checkpoint: Path | None


def prepare(spec: Spec, public_key: str, work: Path) -> Prepared:
    """Everything of a run, checked; exit 65 with all problems at once."""
    problems = ticket_problems(spec, public_key, datetime.now(timezone.utc))
    base = fetch_base_model(spec, work / "base", problems)
    adapter = fetch_adapter(spec, work / "adapter", problems)
    checkpoint = fetch_checkpoint(spec, work / "checkpoint", problems) if spec["mode"] == "train" else None
    rows = load_rows(spec, problems)
    problems += batch_problems(spec, len(rows))
    tokenizer = load_tokenizer(base, problems) if base else None
    if base is None or problems:
        raise bad_input(problems)
    rows = collect(rows, _measure(spec, tokenizer, context_length(base)), problems)
    if spec["mode"] == "train" and spec["algorithm"] == "grpo":
        problems += reward_problems(spec["hyperparameters"]["rewards"])
    if problems:
        raise bad_input(problems)
    return Prepared(base, tokenizer, rows, adapter, checkpoint)


def _measure(spec: Spec, tokenizer: Any, context: int | None) -> Callable[[Row], Row]:
    """Refuses a row whose prompt leaves no room: TRL would drop it, or learn from a prompt without its end."""
    most, name = _longest_prompt(spec)
    reply = (
        spec["max_new_tokens"]
        if spec["mode"] == "generate"
        else spec["hyperparameters"].get("max_completion_length", 0)
    )

    def measure(row: Row) -> Row:
        tokens = prompt_length(tokenizer, row["prompt"])
        if most is not None and tokens > most:
            raise ValueError(f"the prompt takes {tokens} tokens, {name} allows {most}")
        if context is not None and tokens + reply > context:
            raise ValueError(f"the prompt takes {tokens} tokens and the reply up to {reply}, the model reads {context}")
        return row

    return measure


def _longest_prompt(spec: Spec) -> tuple[int | None, str]:
    if spec["mode"] == "generate":
        return None, ""
    hyper = spec["hyperparameters"]
    if spec["algorithm"] == "grpo":
        return hyper["max_prompt_length"], "max_prompt_length"
    return hyper["max_length"] - 1, f"max_length {hyper['max_length']}"
