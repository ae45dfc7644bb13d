from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support import DIGEST, PEM, segments, train_spec

from sluice_trainer.segment_writer import SegmentWriter
from sluice_trainer.store import DirectoryStore
from sluice_trainer.verl_tail import VerlTail

PACKAGE = Path(__file__).parents[1]


@pytest.fixture
def writer(tmp_path):
    made = SegmentWriter(DirectoryStore(tmp_path / "out"), flush_seconds=60)
    yield made
    made.close()


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "verl.jsonl"


def line(step: int, **data) -> str:
    return json.dumps({"step": step, "data": data or {"actor/pg_loss": step / 2}}) + "\n"


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def shipped(writer: SegmentWriter, tmp_path: Path) -> list[int]:
    assert writer.flush()
    return [each["step"] for each in segments(tmp_path / "out")]


def test_a_late_file_half_lines_and_lines_that_grow(writer, log, tmp_path):
    tail = VerlTail(log, writer)
    tail.poll()
    whole = line(1) + line(2) + line(3)
    for index, letter in enumerate(whole):
        append(log, letter)
        tail.poll()
        assert writer._appended == whole[: index + 1].count("\n")
    assert shipped(writer, tmp_path) == [1, 2, 3]


def test_null_is_nan(writer, log, tmp_path):
    append(log, '{"step":1,"data":{"actor/grad_norm":null,"actor/lr":1e-6,"note":"x"}}\n')
    append(log, '{"step":2,"data":{"a":NaN}}\n')
    VerlTail(log, writer).poll()
    writer.flush()
    assert [each["data"] for each in segments(tmp_path / "out")] == [
        {"actor/grad_norm": "NaN", "actor/lr": 1e-6},
        {"a": "NaN"},
    ]


def test_truncation_starts_over_even_when_the_file_has_grown_past_the_old_place(writer, log, tmp_path):
    tail = VerlTail(log, writer)
    append(log, line(1) + line(2))
    tail.poll()
    log.write_text(line(3))
    tail.poll()
    log.write_text(line(4, note=1.0) + line(5) + line(6) + line(7))
    tail.poll()
    assert shipped(writer, tmp_path) == [1, 2, 3, 4, 5, 6, 7]


def test_a_replaced_file_is_read_to_its_end_first(writer, log, tmp_path):
    tail = VerlTail(log, writer)
    append(log, line(1))
    tail.poll()
    append(log, line(2))
    log.rename(tmp_path / "old.jsonl")
    tail.poll()
    append(tmp_path / "old.jsonl", line(3))
    append(log, line(4))
    tail.poll()
    append(log, line(5))
    tail.poll()
    assert shipped(writer, tmp_path) == [1, 2, 3, 4, 5]


def test_junk_is_counted_and_steps_are_shipped_once(writer, log, tmp_path):
    tail = VerlTail(log, writer)
    append(log, 'hello\n[]\n{"step":"1","data":{}}\n{"data":{}}\n{"step":true,"data":{}}\n\n')
    append(log, line(1) + line(1) + line(2))
    tail.poll()
    assert (tail.junk_lines, tail.repeated_steps) == (5, 1)
    assert shipped(writer, tmp_path) == [1, 2]
    again = VerlTail(log, SegmentWriter(DirectoryStore(tmp_path / "out"), flush_seconds=60))
    again.poll()
    assert again.repeated_steps == 3


def test_a_last_line_without_a_line_break_counts_at_the_end_when_it_is_whole(writer, log, tmp_path):
    ended = threading.Event()
    append(log, line(1) + line(2).rstrip("\n"))
    tail = VerlTail(log, writer)
    tail.poll()
    assert shipped(writer, tmp_path) == [1]
    ended.set()
    tail.run(ended)
    assert shipped(writer, tmp_path) == [1, 2]


TRAINER = """
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
with open(os.environ["VERL_FILE_LOGGER_PATH"], "wb", buffering=0) as file:
    for step in range(1, 4):
        file.write((json.dumps({"step": step, "data": {"actor/pg_loss": None if step == 3 else 0.5}}) + "\\n").encode())
    print("logged", flush=True)
    time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]))
"""


def start(tmp_path: Path, *arguments: str, tamper: dict | None = None) -> subprocess.Popen[str]:
    data = {"name": "d", "uri": "file:///nowhere/d.jsonl", "digest": DIGEST, "rows": 1}
    spec = train_spec("grpo", tmp_path / "model", data, tmp_path / "out")
    (tmp_path / "spec.json").write_text(json.dumps({**spec, **(tamper or {})}))
    environment = {
        **os.environ,
        "SLUICE_SPEC_URI": (tmp_path / "spec.json").as_uri(),
        "SLUICE_TICKET_PUBLIC_KEY": PEM,
        "SLUICE_WORK_DIR": str(tmp_path / "work"),
        "PYTHONPATH": str(PACKAGE),
    }
    command = [sys.executable, "-m", "sluice_trainer.verl_tail", "--", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("code", [0, 3, 70])
def test_the_wrapper_ships_and_gives_back_the_exit_code(tmp_path, code):
    process = start(tmp_path, sys.executable, "-c", TRAINER, "0", str(code))
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert out == "logged\n"
    data = [each["data"] for each in segments(tmp_path / "out")]
    assert data == [{"actor/pg_loss": 0.5}, {"actor/pg_loss": 0.5}, {"actor/pg_loss": "NaN"}]


def test_the_wrapper_forwards_sigterm(tmp_path):
    process = start(tmp_path, sys.executable, "-c", TRAINER, "60", "0")
    assert process.stdout is not None
    process.stdout.readline()
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 75
    assert time.monotonic() - began < 10
    assert len(segments(tmp_path / "out")) == 3


def test_the_wrapper_starts_nothing_without_a_ticket_that_holds(tmp_path):
    process = start(tmp_path, "/bin/sh", "-c", "echo started", tamper={"recipe_digest": "2" * 64})
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (65, "")
    assert "recipe_digest" in err


def test_a_command_that_does_not_exist_is_bad_input(tmp_path):
    process = start(tmp_path, str(tmp_path / "missing"))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 65
    assert "cannot be started" in err
