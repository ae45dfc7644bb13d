"""Runs a verl command as a child and ships what its file logger writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

from .environment import contract_variables
from .exits import FENCED, INTERNAL_ERROR, TrainerExit, bad_input
from .lease import take_lease
from .segment_writer import SegmentWriter, open_segment_writer
from .spec import Spec, read_spec
from .store import DirectoryStore, open_store
from .ticket import ticket_problems
from .verl_tail import VerlTail

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(arguments: list[str]) -> int:
    """Checks spec and ticket, runs the command after `--`, gives back its exit code: 128 + n when signal n ended it."""
    try:
        spec, command = _checked(arguments)
        log = _logger_path(spec)
        writer = open_segment_writer(spec["output_uri"], spec["flush_seconds"])
        tail = VerlTail(log, writer)
        return _run(command, log, writer, tail)
    except TrainerExit as end:
        print(end, file=sys.stderr, flush=True)
        return int(end.code or 0)


def _checked(arguments: list[str]) -> tuple[Spec, list[str]]:
    if "--" not in arguments or not arguments[arguments.index("--") + 1 :]:
        raise bad_input(["usage: python -m sluice_trainer.verl_tail -- COMMAND [ARGUMENT ...]"])
    spec_uri, public_key = contract_variables()
    spec = read_spec(spec_uri)
    if spec["mode"] != "train":
        raise bad_input(["the spec is no training: verl_tail ships the metrics of one"])
    problems = ticket_problems(spec, public_key, datetime.now(timezone.utc))
    if problems:
        raise bad_input(problems)
    return spec, arguments[arguments.index("--") + 1 :]


def _logger_path(spec: Spec) -> Path:
    """Of this attempt alone: verl truncates the file that it is given."""
    store = open_store(spec["output_uri"])
    if isinstance(store, DirectoryStore):
        take_lease(store.root)
    folder = Path(os.environ.get("SLUICE_WORK_DIR", "/tmp")) / f"{spec['job']}-s{spec['stage']}-a{spec['attempt']}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"verl-{os.getpid()}.jsonl"


def _run(command: list[str], log: Path, writer: SegmentWriter, tail: VerlTail) -> int:
    ended = threading.Event()
    thread = threading.Thread(target=tail.run, args=(ended,), name="sluice-verl-tail", daemon=True)
    thread.start()
    try:
        child = subprocess.Popen(command, env={**os.environ, "VERL_FILE_LOGGER_PATH": str(log)})
    except OSError as error:
        raise bad_input([f"{command[0]} cannot be started: {error}"]) from error
    for number in _FORWARDED:
        signal.signal(number, lambda received, _frame: child.send_signal(received))
    code = _wait(child, writer)
    ended.set()
    thread.join(60)
    stored = writer.close()
    log.unlink(missing_ok=True)
    if tail.junk_lines or tail.repeated_steps:
        print(
            f"sluice: {tail.junk_lines} lines were no metrics, {tail.repeated_steps} repeated a step", file=sys.stderr
        )
    if writer.fenced is not None:
        return FENCED
    return INTERNAL_ERROR if code == 0 and not stored else code


def _wait(child: subprocess.Popen[bytes], writer: SegmentWriter) -> int:
    while True:
        try:
            code = child.wait(timeout=1)
            return 128 - code if code < 0 else code
        except subprocess.TimeoutExpired:
            if writer.fenced is not None:
                child.terminate()
