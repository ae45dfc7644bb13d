"""A run's files as preflight would leave them: a tiny model with random weights, a signed ticket, a spec."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
JOB = "job-" + "a" * 20
DIGEST = "1" * 64
TEMPLATE = (
    "{{ '<bos>' }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ '<eos>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
LORA = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]}
OPTIMIZER = {
    "learning_rate": 0.005,
    "lr_scheduler_type": "linear",
    "warmup_steps": 2,
    "weight_decay": 0,
    "max_grad_norm": 1,
    "lora": LORA,
}
SFT = {**OPTIMIZER, "batch_size": 4, "max_length": 48, "completion_only_loss": True}
DPO = {**OPTIMIZER, "batch_size": 4, "max_length": 48, "beta": 0.1, "label_smoothing": 0}
GRPO = {
    **OPTIMIZER,
    "prompts_per_step": 2,
    "num_generations": 4,
    "max_completion_length": 8,
    "max_prompt_length": 24,
    "temperature": 1,
    "beta": 0.04,
    "epsilon": 0.2,
    "num_iterations": 1,
    "loss_type": "grpo",
    "scale_rewards": "group",
    "rewards": [
        {"type": "format", "pattern": ".*[a-e].*", "weight": 1},
        {"type": "exact_match", "answer_pattern": "[0-9]", "weight": 0.5},
    ],
}
HYPERPARAMETERS = {"sft": SFT, "dpo": DPO, "grpo": GRPO}


def make_model(folder: Path) -> Path:
    """A Llama of 2 layers with random weights and one token per character; MANIFEST.json lists its files."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    specials = ["<pad>", "<bos>", "<eos>", "<unk>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"]
    letters = [chr(code) for code in (*range(32, 127), *range(161, 256), 10)]
    vocabulary = {token: index for index, token in enumerate(specials + letters)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(specials)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    files = {path.name: entry(path) for path in sorted(folder.iterdir())}
    (folder / "MANIFEST.json").write_text(json.dumps({"files": files}, indent=2))
    return folder


def entry(path: Path) -> dict:
    return {"sha256": sha256(path.read_bytes()), "size": path.stat().st_size}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def rows(kind: str, count: int = 16) -> list[dict]:
    made = []
    for index in range(count):
        a, b = index % 5, index // 5
        answer = str(a + b)
        row = {"prompt": f"add {a} and {b}"}
        extra = {
            "sft": {"completion": f"sum {answer}"},
            "dpo": {"chosen": f"sum {answer}", "rejected": "no"},
            "grpo": {"answer": answer},
        }
        made.append({**row, **extra[kind]})
    return made


def write_dataset(path: Path, entries: list[dict], name: str = "tiny") -> dict:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(each)}\n" for each in entries))
    return {"name": name, "uri": path.as_uri(), "digest": sha256(path.read_bytes()), "rows": len(entries)}


def sign(payload: str) -> str:
    return base64.b64encode(KEY.sign(payload.encode())).decode()


def claims(spec: dict, **changes) -> dict:
    now = datetime.now(timezone.utc)
    stamp = lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")  # noqa: E731
    return {
        "ticket": "sluice.ticket/2",
        "job": spec["job"],
        "profile": spec["profile"],
        "recipe": spec["recipe_digest"],
        "base_model": spec["base_model"]["digest"],
        "datasets": [{"digest": spec["dataset"]["digest"], "merkle_root": DIGEST}],
        "weights": None,
        "thresholds": DIGEST,
        "reports": {"round1": DIGEST, "round2": DIGEST},
        "shadow": {"round1": None, "round2": None},
        "scorer_receipts": {"round1": None, "round2": None},
        "image": None,
        "code_version": "0.1.0",
        "issued_at": stamp(now),
        "expires_at": stamp(now + timedelta(hours=1)),
        **changes,
    }


def with_ticket(spec: dict, **changes) -> dict:
    payload = json.dumps(claims(spec, **changes))
    return {**spec, "ticket": {"payload": payload, "key_id": "test", "signature": sign(payload)}}


def common(model: Path, dataset: dict, output: Path) -> dict:
    digest = sha256((model / "MANIFEST.json").read_bytes()) if (model / "MANIFEST.json").exists() else DIGEST
    return {
        "contract": "sluice.trainer/1",
        "job": JOB,
        "profile": "smoke",
        "recipe_digest": DIGEST,
        "base_model": {"id": "tiny/random", "uri": model.as_uri(), "digest": digest},
        "seed": 3,
        "output_uri": f"{output.as_uri()}/",
        "dataset": dataset,
    }


def train_spec(algorithm: str, model: Path, dataset: dict, output: Path, **changes) -> dict:
    spec = {
        **common(model, dataset, output),
        "mode": "train",
        "stage": 0,
        "attempt": 1,
        "planned_steps": 6,
        "save_steps": 3,
        "flush_seconds": 2,
        "algorithm": algorithm,
        "hyperparameters": HYPERPARAMETERS[algorithm],
        **changes,
    }
    return with_ticket(spec)


def generate_spec(model: Path, dataset: dict, output: Path, **changes) -> dict:
    spec = {
        **common(model, dataset, output),
        "mode": "generate",
        "evaluation": "ev-" + "b" * 20,
        "max_new_tokens": 8,
        "temperature": 0,
        **changes,
    }
    return with_ticket(spec)


def segments(output: Path) -> list[dict]:
    """Every shipped line, after a look at the segments' numbers and at whole lines."""
    names = sorted(path.name for path in (output / "metrics").glob("*.jsonl") if not path.name.startswith("."))
    assert names == [f"{index:08d}.jsonl" for index in range(len(names))]
    text = "".join((output / "metrics" / name).read_text() for name in names)
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]
