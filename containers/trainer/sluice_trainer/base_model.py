"""The base model's directory, its tokenizer and its weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .digests import file_problems, sha256
from .environment import local_rank
from .spec import Spec
from .store import open_store


def fetch_base_model(spec: Spec, into: Path, problems: list[str]) -> Path | None:
    """The local directory of the spec's base model, once its MANIFEST.json and every listed file have their digests."""
    base = spec["base_model"]
    try:
        folder = open_store(base["uri"]).fetch_folder(into)
        manifest = (folder / "MANIFEST.json").read_bytes()
        listed = json.loads(manifest)["files"]
    except (OSError, ValueError, KeyError) as error:
        problems.append(f"base_model: {base['uri']} cannot be loaded: {error}")
        return None
    found: list[str] = []
    if (digest := sha256(manifest)) != base["digest"]:
        found.append(f"{base['uri']} has digest {digest}, not {base['digest']}")
    if "config.json" not in listed or not any(name.endswith(".safetensors") for name in listed):
        found.append("MANIFEST.json lists no config.json or no .safetensors file")
    # The other processes of this machine read the same files.
    if local_rank() == 0:
        found += file_problems(folder, listed)
    problems += [f"base_model: {problem}" for problem in found]
    return None if found else folder


def load_tokenizer(folder: Path, problems: list[str]) -> Any:
    """The model's tokenizer; it must have a chat template, which training and evaluation share, and an end token."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    config = json.loads((folder / "config.json").read_text())
    if (folder / "tokenizer_config.json").is_file():
        tokenizer = AutoTokenizer.from_pretrained(folder)
    else:
        # Without that file the architecture's own class would put its rules in place of those of tokenizer.json.
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    template = folder / "chat_template.jinja"
    if not tokenizer.chat_template and template.is_file():
        tokenizer.chat_template = template.read_text()
    for name in ("eos", "pad", "bos"):
        identifier = config.get(f"{name}_token_id")
        if getattr(tokenizer, f"{name}_token_id") is None and isinstance(identifier, int):
            setattr(tokenizer, f"{name}_token", tokenizer.convert_ids_to_tokens(identifier))
    if tokenizer.eos_token_id is None:
        problems.append("base_model: the tokenizer has no end token: name eos_token in tokenizer_config.json")
    elif tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        problems.append("base_model: no chat template: add chat_template.jinja for training and evaluation")
    return tokenizer


def load_weights(folder: Path) -> Any:
    """The causal language model, in bfloat16 where the GPU has it, else in float32."""
    import torch
    from transformers import AutoModelForCausalLM

    dtype = torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)


def context_length(folder: Path) -> int | None:
    return json.loads((folder / "config.json").read_text()).get("max_position_embeddings")


def prompt_length(tokenizer: Any, prompt: list[dict[str, Any]]) -> int:
    """Tokens of a rendered prompt, the start of the reply included."""
    rendered = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=True, return_dict=True)
    return len(rendered["input_ids"])


def reply_text(tokenizer: Any, ids: Sequence[int]) -> str:
    """The reply without its end and padding. Other special tokens show as written: none passes for a clean reply."""
    kept = [int(token) for token in ids]
    ends = {tokenizer.eos_token_id, tokenizer.pad_token_id}
    while kept and kept[-1] in ends:
        kept.pop()
    return tokenizer.decode(kept, skip_special_tokens=False)
