"""Answers every prompt of a suite."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .base_model import load_weights, reply_text
from .dataset import Row
from .environment import micro_batch
from .exits import PREEMPTED, TrainerExit
from .prepare import Prepared
from .result import write_generate_result
from .spec import Spec
from .status import StatusFile
from .stopping import StopRequest
from .store import Store


def generate(spec: Spec, prepared: Prepared, store: Store, work: Path, status: StatusFile, stop: StopRequest) -> None:
    """Writes the responses in dataset order, then the manifest; greedy at temperature 0. Exits 75 when told to stop."""
    import torch

    model = load_weights(prepared.base)
    if prepared.adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(prepared.adapter)).merge_and_unload()
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    torch.manual_seed(spec["seed"])
    prepared.tokenizer.padding_side = "left"
    status.update(status="running")
    path = work / "responses.jsonl"
    done = 0
    with path.open("w", encoding="utf-8") as file:
        while done < len(prepared.rows):
            for line in _answer(model, prepared.tokenizer, prepared.rows[done : done + micro_batch()], spec):
                file.write(f"{json.dumps({'index': done, **line}, ensure_ascii=False)}\n")
                done += 1
            status.update(current_step=done)
            if stop.requested and done < len(prepared.rows):
                status.update(status="preempted")
                raise TrainerExit(PREEMPTED, ["stopped while generating; a new attempt starts over"])
    write_generate_result(
        store, spec, path, done, prepared.tokenizer.chat_template, ("transformers", version("transformers"))
    )
    status.update(status="completed")


def _answer(model: Any, tokenizer: Any, rows: list[Row], spec: Spec) -> list[dict[str, Any]]:
    import torch

    inputs = tokenizer.apply_chat_template(
        [row["prompt"] for row in rows],
        add_generation_prompt=True,
        tokenize=True,
        padding=True,
        return_dict=True,
        return_tensors="pt",
    ).to(model.device)
    sampling = {"do_sample": False}
    if spec["temperature"] > 0:
        sampling = {"do_sample": True, "temperature": spec["temperature"], "top_p": 1.0, "top_k": 0}
    ends = _end_tokens(model, tokenizer)
    with torch.inference_mode():
        output = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=spec["max_new_tokens"],
            eos_token_id=sorted(ends),
            pad_token_id=tokenizer.pad_token_id,
            **sampling,
        )
    width = inputs["input_ids"].shape[1]
    prompts = inputs["attention_mask"].sum(dim=1).tolist()
    return [_line(tokenizer, row[width:].tolist(), prompt, ends) for row, prompt in zip(output, prompts, strict=True)]


def _line(tokenizer: Any, ids: list[int], prompt_tokens: int, ends: set[int]) -> dict[str, Any]:
    end = next((index for index, token in enumerate(ids) if token in ends), None)
    kept = ids if end is None else ids[: end + 1]
    return {
        "response": reply_text(tokenizer, ids if end is None else ids[:end]),
        "finish_reason": "length" if end is None else "stop",
        "prompt_tokens": prompt_tokens,
        "completion_tokens": len(kept),
    }


def _end_tokens(model: Any, tokenizer: Any) -> set[int]:
    own = model.generation_config.eos_token_id
    more = own if isinstance(own, list) else [] if own is None else [own]
    return {tokenizer.eos_token_id, *more}
