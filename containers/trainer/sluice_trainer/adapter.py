"""The adapter that a stage or an evaluation starts from."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from .digests import file_problems
from .json_schema import problems_of
from .spec import Spec
from .store import open_store, read_uri

_WEIGHTS, _CONFIG = "adapter_model.safetensors", "adapter_config.json"


def fetch_adapter(spec: Spec, into: Path, problems: list[str]) -> Path | None:
    """The local directory of the spec's adapter after its files were checked against its manifest; None without one."""
    if "adapter" not in spec:
        return None
    uri, manifest_uri = spec["adapter"]["uri"], spec["adapter"]["manifest_uri"]
    try:
        manifest = json.loads(read_uri(manifest_uri))
        folder = open_store(uri).fetch_folder(into)
    except (OSError, ValueError) as error:
        problems.append(f"adapter: {uri} cannot be loaded: {error}")
        return None
    found = problems_of("train-manifest", manifest)
    if not found:
        prefix = _below(uri, manifest_uri)
        own = {PurePosixPath(name).name: each for name, each in manifest["files"].items() if name.startswith(prefix)}
        found = [f"{name} is not in {manifest_uri}" for name in (_WEIGHTS, _CONFIG) if name not in own]
        found += file_problems(folder, {name: own[name] for name in (_WEIGHTS, _CONFIG) if name in own})
        if manifest["base_model"]["digest"] != spec["base_model"]["digest"]:
            found.append(
                f"trained on base model {manifest['base_model']['digest']}, not {spec['base_model']['digest']}"
            )
        if not found and spec["mode"] == "train":
            found = _shape_problems(json.loads((folder / _CONFIG).read_text()), spec["hyperparameters"]["lora"])
    problems += [f"adapter: {problem}" for problem in found]
    return None if found else folder


def _below(uri: str, manifest_uri: str) -> str:
    """`final/`, for the usual places of both."""
    return uri.rstrip("/").removeprefix(manifest_uri.rpartition("/")[0]).strip("/") + "/"


def _shape_problems(found: dict[str, object], wanted: dict[str, object]) -> list[str]:
    def shape(lora: dict[str, object]) -> tuple[object, ...]:
        return lora.get("r"), lora.get("lora_alpha"), tuple(sorted(lora.get("target_modules") or ()))  # type: ignore[arg-type]

    if shape(found) == shape(wanted):
        return []
    return [f"it has (r, lora_alpha, target_modules) {shape(found)}, but hyperparameters/lora asks for {shape(wanted)}"]
