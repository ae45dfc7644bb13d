from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy
import pytest
import torch
from support import segments

from sluice_trainer.exits import FENCED, TrainerExit
from sluice_trainer.segment_writer import SegmentWriter, open_segment_writer
from sluice_trainer.store import DirectoryStore

PACKAGE = Path(__file__).parents[1]


class Shaky(DirectoryStore):
    """Fails as often as told, before or after it has written."""

    def __init__(self, root: Path, before: int = 0, after: int = 0) -> None:
        super().__init__(root)
        self.before, self.after = before, after
        self.tries: list[tuple[str, bytes]] = []

    def put_new(self, name: str, content: bytes) -> None:
        self.tries.append((name, content))
        if self.before > 0:
            self.before -= 1
            raise OSError(28, "No space left on device")
        super().put_new(name, content)
        if self.after > 0:
            self.after -= 1
            raise TimeoutError("the answer was lost")


def wait_for(condition, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


def steps(output: Path) -> list[int]:
    return [line["step"] for line in segments(output)]


@pytest.fixture(autouse=True)
def _fast_pauses(monkeypatch):
    monkeypatch.setattr("sluice_trainer.segment_writer._FIRST_PAUSE", 0.02)


def test_lines_are_shipped_in_order_and_numbered_on_from_those_that_are_there(tmp_path):
    first = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=60)
    for step in (1, 2):
        first.append(step, {"loss": step / 2}, at=0.25)
        assert first.flush()
    first.close()
    second = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=60)
    assert second.last_step == 2
    second.append(3, {"loss": 1})
    assert second.close()
    lines = segments(tmp_path)
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert lines[0] == {"step": 1, "ts": "1970-01-01T00:00:00.250Z", "data": {"loss": 0.5}}
    assert len(list((tmp_path / "metrics").iterdir())) == 3


def test_what_is_not_finite_goes_at_once_and_as_text(tmp_path):
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=3600)
    writer.append(1, {"loss": 1.0})
    writer.append(2, {"a": math.nan, "b": math.inf, "c": -math.inf, "d": numpy.float32("nan")})
    wait_for(lambda: steps(tmp_path) == [1, 2])
    assert segments(tmp_path)[1]["data"] == {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": "NaN"}
    writer.close()


def test_time_alone_ships(tmp_path):
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=0.2)
    writer.append(1, {"loss": 1.0})
    time.sleep(0.05)
    assert not (tmp_path / "metrics").exists()
    wait_for(lambda: steps(tmp_path) == [1], 2)
    writer.close()


def test_segments_are_bounded_by_size(tmp_path):
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=3600, max_bytes=1000)
    for step in range(200):
        writer.append(step, {"loss": 0.123456789})
    assert writer.close()
    sizes = [path.stat().st_size for path in (tmp_path / "metrics").iterdir()]
    assert steps(tmp_path) == list(range(200))
    assert max(sizes) <= 1000
    assert len(sizes) >= 10


def test_scalars_of_any_library_count_and_other_values_are_dropped(tmp_path):
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=1)
    data = writer.append(
        1,
        {
            "torch": torch.tensor(0.5),
            "numpy": numpy.int64(3),
            "bool": True,
            "huge": 10**400,
            "list": [1],
            "text": "fast",
            "none": None,
            "vector": torch.ones(2),
        },
    )
    assert data == {"torch": 0.5, "numpy": 3.0, "bool": 1, "huge": "Infinity"}
    assert writer.dropped_values == 4
    assert writer.append("no step", {"loss": 1}) == {}
    writer.close()


def test_a_store_that_is_down_for_a_while_loses_and_reorders_nothing(tmp_path):
    store = Shaky(tmp_path, before=3)
    said: list[str] = []
    writer = SegmentWriter(store, flush_seconds=0.01, report=said.append)
    writer.append(0, {"loss": 0})
    wait_for(lambda: len(store.tries) > 1)
    for step in range(1, 50):
        writer.append(step, {"loss": step})
    assert writer.flush(5)
    assert steps(tmp_path) == list(range(50))
    assert len({content for name, content in store.tries if name.endswith("00.jsonl")}) == 1
    assert len(said) == 1 and "No space left" in said[0]
    assert writer.problem is None
    writer.close()


def test_a_put_whose_answer_was_lost_is_no_second_segment(tmp_path):
    writer = SegmentWriter(Shaky(tmp_path, after=2), flush_seconds=0.01, report=lambda _: None)
    for step in range(5):
        writer.append(step, {"loss": step})
        assert writer.flush(5)
    assert steps(tmp_path) == list(range(5))
    assert writer.fenced is None
    writer.close()


def test_memory_is_bounded_and_what_is_dropped_is_said(tmp_path):
    said: list[str] = []
    writer = SegmentWriter(Shaky(tmp_path, before=10**9), flush_seconds=0.01, max_buffer_bytes=2000, report=said.append)
    for step in range(1000):
        writer.append(step, {"loss": step})
    assert 900 < writer.dropped_lines < 1000
    assert not writer.close(timeout=0.1)
    assert any("buffer is full" in line for line in said)
    assert "were not stored" in said[-1]


def test_another_process_on_the_same_attempt_fences_this_one_off(tmp_path):
    said: list[str] = []
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=60, report=said.append)
    DirectoryStore(tmp_path).put_new("metrics/00000000.jsonl", b'{"step":1}\n')
    writer.append(1, {"loss": 1.0})
    assert not writer.flush(5)
    with pytest.raises(TrainerExit) as end:
        writer.raise_if_fenced()
    assert end.value.code == FENCED
    assert (tmp_path / "metrics/00000000.jsonl").read_bytes() == b'{"step":1}\n'
    assert len(list((tmp_path / "metrics").iterdir())) == 1
    writer.append(2, {"loss": 1.0})
    writer.close()


def test_only_rank_0_ships(tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    writer = open_segment_writer(tmp_path.as_uri() + "/", 0.01)
    assert writer.append(1, {"loss": 1.0}) == {"loss": 1.0}
    assert writer.flush() and writer.close()
    assert not (tmp_path / "metrics").exists()


def test_threads_may_share_a_writer(tmp_path):
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=0.01)
    threads = [
        threading.Thread(target=lambda k=k: [writer.append(k * 1000 + i, {"a": i}) for i in range(300)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.close()
    found = steps(tmp_path)
    assert sorted(found) == sorted(k * 1000 + i for k in range(4) for i in range(300))
    for k in range(4):
        own = [step for step in found if step // 1000 == k]
        assert own == sorted(own)


def test_a_forked_child_ships_nothing_and_does_not_hang(tmp_path):
    writer = SegmentWriter(DirectoryStore(tmp_path), flush_seconds=60)
    writer.append(1, {"loss": 1.0})
    child = os.fork()
    if child == 0:
        writer.append(2, {"loss": 2.0})
        os._exit(0 if writer.flush() and writer.close() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert writer.close()
    assert steps(tmp_path) == [1]


CHILD = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from sluice_trainer.segment_writer import SegmentWriter
from sluice_trainer.store import DirectoryStore
writer = SegmentWriter(DirectoryStore(Path(sys.argv[1])), flush_seconds=0.002, max_bytes=400)
step = 0 if writer.last_step is None else writer.last_step + 1
while True:
    for _ in range(7):
        writer.append(step, {"loss": step * 0.5, "reward": 1.0})
        step += 1
    assert writer.flush()
    print(step - 1, flush=True)
"""


def test_kill_9_at_any_moment_leaves_whole_segments_and_every_flushed_line(tmp_path):
    chance = random.Random(20)
    for _ in range(8):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), str(PACKAGE)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.random() * 0.1)
        child.kill()
        said = [int(line) for line in child.stdout.read().split()]
        assert child.wait() == -signal.SIGKILL
        found = steps(tmp_path)
        assert found == list(range(len(found)))
        assert not said or found[-1] >= said[-1]
    assert len(found) > 100


FULL = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from sluice_trainer import segment_writer
from sluice_trainer.store import DirectoryStore
segment_writer._FIRST_PAUSE = 0.02
resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
writer = segment_writer.SegmentWriter(DirectoryStore(Path(sys.argv[1])), flush_seconds=0.01, report=lambda _: None)
for step in range(100):
    writer.append(step, {"loss": step})
assert not writer.flush(0.3)
assert writer.problem is not None
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert writer.close(5)
"""


def test_a_disk_that_takes_only_part_of_a_file_shows_no_part_of_a_segment(tmp_path):
    subprocess.run([sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path), str(PACKAGE)], check=True)
    assert steps(tmp_path) == list(range(100))
    assert json.loads((tmp_path / "metrics/00000000.jsonl").read_text().splitlines()[0])["step"] == 0
    assert all(path.name.endswith(".jsonl") for path in (tmp_path / "metrics").iterdir())
