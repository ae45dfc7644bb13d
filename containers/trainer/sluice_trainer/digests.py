"""SHA-256 digests of files, as manifests and markers list them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

FileDigests = dict[str, dict[str, Any]]

_CHUNK = 1 << 20


def sha256(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def digest_of(path: Path) -> dict[str, Any]:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    return {"sha256": hashed.hexdigest(), "size": path.stat().st_size}


def digests_under(folder: Path) -> FileDigests:
    """Of every file below a folder, by its path from there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest_of(path) for path in files}


def file_problems(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line per listed file that is missing, differs from its digest, or leaves the folder."""
    problems = []
    for name, expected in files.items():
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            problems.append(f'file name "{name}" leaves its folder')
            continue
        path = folder / name
        if not path.is_file():
            problems.append(f"{path} is listed but not there")
        elif (found := digest_of(path)) != {"sha256": expected["sha256"], "size": expected["size"]}:
            problems.append(f"{path} has sha256 {found['sha256']}, not the listed {expected['sha256']}")
    return problems
