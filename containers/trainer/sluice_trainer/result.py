"""What a finished run leaves: `final/` and, last, `manifest.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .digests import digest_of, digests_under, sha256
from .exits import bad_input
from .json_schema import problems_of
from .spec import Spec
from .store import Store

NAME = "manifest.json"


def is_finished(store: Store, spec: Spec) -> bool:
    """Whether the output holds this spec's verified result; exit 65 when it holds another: none is overwritten."""
    content = store.get(NAME)
    if content is None:
        return False
    manifest = json.loads(content)
    problems = problems_of("train-manifest" if spec["mode"] == "train" else "generate-manifest", manifest)
    if not problems:
        expected = _identity(spec)
        problems = [
            f"{NAME} is of another run: its {name} is {manifest.get(name)}, not {value}"
            for name, value in expected.items()
            if manifest.get(name) != value
        ]
        if manifest["base_model"]["digest"] != spec["base_model"]["digest"]:
            problems.append(f"{NAME} is of another base model")
        problems += [
            f"{name} differs from its digest in {NAME}"
            for name, file in manifest["files"].items()
            if (stored := store.get(name)) is None or sha256(stored) != file["sha256"]
        ]
    if problems:
        raise bad_input(problems)
    return True


def write_train_result(store: Store, spec: Spec, folder: Path, framework: tuple[str, str]) -> None:
    """Puts the files of `folder` under `final/`, then the manifest."""
    files = {f"final/{name}": digest for name, digest in digests_under(folder).items()}
    for name in files:
        store.put_file(name, folder / name.removeprefix("final/"))
    manifest = {
        "contract": spec["contract"],
        "mode": "train",
        "job": spec["job"],
        "stage": spec["stage"],
        "attempt": spec["attempt"],
        "algorithm": spec["algorithm"],
        "framework": framework[0],
        "framework_version": framework[1],
        "base_model": {"id": spec["base_model"]["id"], "digest": spec["base_model"]["digest"]},
        "recipe_digest": spec["recipe_digest"],
        "dataset_digest": spec["dataset"]["digest"],
        "resumed_from_step": spec.get("resume_from", {}).get("step", 0),
        "global_step": spec["planned_steps"],
        "files": files,
    }
    _put(store, manifest)


def write_generate_result(
    store: Store, spec: Spec, responses: Path, items: int, chat_template: str, framework: tuple[str, str]
) -> None:
    """Puts the responses, then the manifest."""
    name = "responses-00000.jsonl"
    store.put_file(name, responses)
    manifest = {
        "contract": spec["contract"],
        "mode": "generate",
        "job": spec["job"],
        "evaluation": spec["evaluation"],
        "framework": framework[0],
        "framework_version": framework[1],
        "base_model": {"id": spec["base_model"]["id"], "digest": spec["base_model"]["digest"]},
        "dataset_digest": spec["dataset"]["digest"],
        "items": items,
        "chat_template_digest": sha256(chat_template),
        "files": {name: digest_of(responses)},
    }
    _put(store, manifest)


def _put(store: Store, manifest: dict[str, Any]) -> None:
    store.put(NAME, f"{json.dumps(manifest, indent=2)}\n".encode())


def _identity(spec: Spec) -> dict[str, Any]:
    common = {"job": spec["job"], "dataset_digest": spec["dataset"]["digest"]}
    if spec["mode"] == "generate":
        return {**common, "evaluation": spec["evaluation"]}
    own = {name: spec[name] for name in ("stage", "attempt", "algorithm", "recipe_digest")}
    return {**common, **own, "global_step": spec["planned_steps"]}
