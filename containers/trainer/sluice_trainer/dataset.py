"""The rows of a dataset version, as conversations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .digests import sha256
from .spec import Spec
from .store import read_uri

Row = dict[str, Any]
Messages = list[dict[str, Any]]

# More bad rows than this are counted, not listed.
_LISTED = 20

_FIELDS = {
    "sft": (("prompt", "completion"), ("messages",)),
    "dpo": (("prompt", "chosen", "rejected"),),
    "grpo": (("prompt", "answer"),),
    "answer": (("prompt", "answer"),),
}


def load_rows(spec: Spec, problems: list[str]) -> list[Row]:
    """
    The rows in file order, with messages in place of text: `prompt` and the replies of the algorithm. Problems are
    appended, bad rows are left out.
    """
    dataset = spec["dataset"]
    try:
        content = read_uri(dataset["uri"])
    except OSError as error:
        problems.append(f"dataset {dataset['name']}: {dataset['uri']} cannot be read: {error}")
        return []
    if (digest := sha256(content)) != dataset["digest"]:
        problems.append(f"dataset {dataset['name']}: the bytes have sha256 {digest}, not {dataset['digest']}")
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if len(lines) != dataset["rows"]:
        problems.append(f"dataset {dataset['name']}: {len(lines)} rows, not the {dataset['rows']} of the spec")
    kind = spec["algorithm"] if spec["mode"] == "train" else "answer"
    return collect(lines, lambda line: _conversation(kind, line), problems)


def collect(rows: list[Any], convert: Callable[[Any], Row], problems: list[str]) -> list[Row]:
    """Converts rows; what raises ValueError is left out and reported by row number from 0, at most twenty of them."""
    good: list[Row] = []
    bad = 0
    for index, row in enumerate(rows):
        try:
            good.append(convert(row))
        except ValueError as error:
            bad += 1
            if bad <= _LISTED:
                problems.append(f"row {index}: {error}")
    if bad > _LISTED:
        problems.append(f"and {bad - _LISTED} more bad rows")
    return good


def _conversation(kind: str, line: bytes) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"not a JSON object: {line[:60]!r}")
    forms = _FIELDS[kind]
    if not any(all(row.get(field) for field in form) for form in forms):
        raise ValueError(f"no row of {kind}: it needs {' or '.join(' and '.join(form) for form in forms)}")
    if "messages" in row and "prompt" not in row:
        *prompt, reply = row["messages"]
        if not prompt or reply.get("role") != "assistant":
            raise ValueError("the last of several messages must be the assistant's")
        return {"prompt": prompt, "completion": [reply]}
    prompt = row["prompt"]
    converted: Row = {"prompt": [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt}
    for field in ("completion", "chosen", "rejected"):
        if field in row:
            converted[field] = [{"role": "assistant", "content": row[field]}]
    if "answer" in row:
        converted["answer"] = row["answer"]
    return converted
