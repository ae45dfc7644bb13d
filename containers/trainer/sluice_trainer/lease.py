"""One live process for one output directory, by the same files as the reference trainer."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from .exits import FENCED, TrainerExit

_NAME = re.compile(r"lease(?:\.(\d+))?\.json")


def take_lease(folder: Path) -> None:
    """
    Takes the output folder, or exits 64 when a live process has it. Generations `lease.json`, `lease.1.json` and so on:
    one is made exclusively, and only after the owner of the one before it is dead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = _identify(os.getpid())
    if own is None:
        raise RuntimeError("/proc is not readable: the lease needs the start time of a process")
    while True:
        found = (_NAME.fullmatch(entry.name) for entry in folder.iterdir())
        last = max((int(match[1] or 0) for match in found if match), default=-1)
        if last >= 0:
            owner = json.loads((folder / _name(last)).read_text())
            if _identify(owner["pid"]) == owner:
                raise TrainerExit(FENCED, [f"{folder} is leased by the live process {owner['pid']}"])
        if _create(folder, _name(last + 1), own):
            return


def _name(generation: int) -> str:
    return "lease.json" if generation == 0 else f"lease.{generation}.json"


def _create(folder: Path, name: str, owner: dict[str, object]) -> bool:
    """A hard link appears whole or not at all, so nobody reads a lease without its owner."""
    temporary = folder / f".{name}.{os.getpid()}.tmp"
    temporary.write_text(f"{json.dumps(owner)}\n")
    try:
        os.link(temporary, folder / name)
        return True
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)


def _identify(pid: int) -> dict[str, object] | None:
    """Field 22 of the stat line is the start in ticks since boot, counted after the name, which may hold spaces."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        fields = stat[stat.rindex(")") + 2 :].split(" ")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else {"pid": pid, "process_start": fields[19], "boot": boot}
