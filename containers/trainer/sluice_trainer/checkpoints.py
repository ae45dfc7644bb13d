"""Checkpoints of the contract: `checkpoints/step_{N}/`, of which `_COMPLETE` is written last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .digests import digests_under, file_problems
from .json_schema import problems_of
from .spec import Spec
from .store import Store, open_store

MARKER = "_COMPLETE"
_IDENTITY = "sluice_identity.json"


def publish_checkpoint(store: Store, folder: Path, step: int, identity: dict[str, Any] | None = None) -> None:
    """Copies what a framework saved in `folder`, then the marker with all digests. A complete one stays as it is."""
    place = f"checkpoints/step_{step}"
    if store.get(f"{place}/{MARKER}") is not None:
        return
    if identity is not None:
        (folder / _IDENTITY).write_text(json.dumps(identity, indent=2))
    files = digests_under(folder)
    for name in files:
        store.put_file(f"{place}/{name}", folder / name)
    store.put(f"{place}/{MARKER}", f"{json.dumps({'step': step, 'files': files}, indent=2)}\n".encode())


def identity_of(spec: Spec) -> dict[str, Any]:
    """What must be equal for a resumed run to be the same run."""
    return {
        "seed": spec["seed"],
        "algorithm": spec["algorithm"],
        "recipe_digest": spec["recipe_digest"],
        "dataset_digest": spec["dataset"]["digest"],
        "base_model_digest": spec["base_model"]["digest"],
        "planned_steps": spec["planned_steps"],
    }


def fetch_checkpoint(spec: Spec, into: Path, problems: list[str]) -> Path | None:
    """The local directory of the spec's checkpoint; None without one, or when problems were appended."""
    if "resume_from" not in spec:
        return None
    uri, step = spec["resume_from"]["uri"], spec["resume_from"]["step"]
    try:
        folder = open_store(uri).fetch_folder(into)
        marker = json.loads((folder / MARKER).read_bytes())
        found = problems_of("checkpoint-marker", marker)
        if not found:
            found = file_problems(folder, marker["files"])
            if marker["step"] != step:
                found.append(f"it holds step {marker['step']}, not {step}")
            found += _other_run(json.loads((folder / _IDENTITY).read_bytes()), identity_of(spec))
    except (OSError, ValueError) as error:
        found = [f"{uri} cannot be loaded: {error}"]
    problems += [f"resume_from: {problem}" for problem in found]
    return None if found else folder


def _other_run(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"the checkpoint has {name} {found.get(name)}, the spec has {value}"
        for name, value in wanted.items()
        if found.get(name) != value
    ]
