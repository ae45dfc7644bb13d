from __future__ import annotations

import json
import math
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import segments
from transformers import TrainerControl, TrainerState, TrainingArguments

from sluice_trainer.callback import SluiceCallback, configure
from sluice_trainer.exits import DIVERGED, FENCED, PREEMPTED, TrainerExit
from sluice_trainer.segment_writer import SegmentWriter
from sluice_trainer.status import StatusFile
from sluice_trainer.stopping import StopRequest
from sluice_trainer.store import DirectoryStore


class Loop:
    """Calls the callback as the trainer's loop does."""

    def __init__(self, output: Path, **options) -> None:
        self.output = output
        self.args = configure(TrainingArguments(output_dir=str(output / "hf"), use_cpu=True))
        self.state = TrainerState(max_steps=options.pop("max_steps", 10))
        self.control = TrainerControl()
        self.stop = StopRequest()
        store = DirectoryStore(output)
        self.writer = options.pop("writer", None) or SegmentWriter(store, flush_seconds=60, report=lambda _: None)
        self.status = StatusFile(store, "job-" + "a" * 20, 10, interval=0.01)
        self.callback = SluiceCallback(self.writer, status=self.status, checkpoints=store, stop=self.stop, **options)

    def call(self, event: str, **extra) -> None:
        getattr(self.callback, event)(self.args, self.state, self.control, **extra)

    def step(self, logs: dict, *, evaluation: dict | None = None) -> None:
        self.call("on_step_begin")
        self.state.global_step += 1
        self.control.should_evaluate = evaluation is not None
        self.call("on_step_end")
        self.call("on_log", logs=logs)
        if evaluation is not None:
            self.call("on_log", logs=evaluation)
            self.call("on_evaluate")
        if self.control.should_save:
            folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
            folder.mkdir(parents=True)
            (folder / "weights").write_text("w" * 100)
            self.call("on_save")

    def lines(self) -> list[dict]:
        self.writer.flush()
        return segments(self.output)


@pytest.fixture
def loop(tmp_path):
    made = Loop(tmp_path)
    yield made
    made.writer.close()
    made.status.close()


def test_one_line_for_each_step_with_what_an_evaluation_adds(loop, capsys):
    loop.call("on_train_begin")
    loop.step({"loss": 1.0, "num_tokens": 100.0})
    loop.step({"loss": 0.5, "num_tokens": 300.0}, evaluation={"eval_loss": 0.7, "epoch": 1.0})
    loop.call("on_log", logs={"train_runtime": 3.0, "train_loss": 0.7})
    loop.call("on_train_end")
    assert capsys.readouterr().err == ""
    first, second = loop.lines()
    assert (first["step"], second["step"]) == (1, 2)
    assert first["data"]["loss"] == 1.0
    assert second["data"]["eval_loss"] == 0.7
    for line, tokens in ((first, 100), (second, 200)):
        data = line["data"]
        assert data["tokens_per_second"] == pytest.approx(tokens / data["step_time"])
    assert "gpu_memory_allocated_gib" not in first["data"]


def test_the_frameworks_own_step_time_stays(loop):
    loop.call("on_train_begin")
    loop.step({"loss": 1.0, "step_time": 4.0, "num_tokens": 100.0})
    assert loop.lines()[0]["data"] == {"loss": 1.0, "step_time": 4.0, "num_tokens": 100.0, "tokens_per_second": 25.0}


def test_after_a_resume_the_first_throughput_is_unknown(loop):
    loop.state.global_step = 5
    loop.call("on_train_begin")
    loop.step({"loss": 1.0, "num_tokens": 100.0})
    loop.step({"loss": 1.0, "num_tokens": 200.0})
    assert ["tokens_per_second" in line["data"] for line in loop.lines()] == [False, True]


def test_none_is_nan_and_goes_at_once(loop, tmp_path):
    loop.call("on_train_begin")
    loop.step({"loss": 1.0, "kl": None})
    deadline = time.monotonic() + 5
    while not segments(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert segments(tmp_path)[0]["data"]["kl"] == "NaN"


def test_a_late_log_of_a_shipped_step_makes_no_second_line(loop, capsys):
    loop.call("on_train_begin")
    loop.step({"loss": math.nan}, evaluation={"eval_loss": 1.0})
    loop.call("on_train_end")
    assert [line["data"] for line in loop.lines()] == [{"loss": "NaN", "step_time": pytest.approx(0, abs=1)}]
    assert "1 logs came after" in capsys.readouterr().err


def test_the_nan_filter_is_refused_and_configure_turns_it_off(loop):
    assert loop.args.logging_nan_inf_filter is False
    assert (loop.args.logging_steps, loop.args.report_to) == (1, [])
    loop.args.logging_nan_inf_filter = True
    with pytest.raises(ValueError, match="configure"):
        loop.call("on_train_begin")


def test_divergence_ends_with_70_before_a_save(tmp_path):
    loop = Loop(tmp_path, stop_on_nonfinite=True)
    loop.call("on_train_begin")
    loop.step({"loss": 1.0})
    loop.control.should_save = True
    with pytest.raises(TrainerExit) as end:
        loop.step({"loss": 1.0, "grad_norm": math.inf})
    assert end.value.code == DIVERGED
    loop.status.close()
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["status"], status["anomaly_detected"]) == ("failed", True)
    assert "grad_norm is Infinity" in status["anomaly_reason"]
    assert [line["step"] for line in segments(tmp_path)] == [1, 2]
    assert not (tmp_path / "checkpoints").exists()


def test_fp16_may_have_infinite_gradients(tmp_path):
    loop = Loop(tmp_path, stop_on_nonfinite=True)
    loop.args.fp16 = True
    loop.call("on_train_begin")
    loop.step({"loss": 1.0, "grad_norm": math.inf})
    assert loop.lines()[0]["data"]["grad_norm"] == "Infinity"


def test_a_stop_saves_at_the_end_of_the_step_and_ends_with_75(loop, tmp_path):
    loop.call("on_train_begin")
    loop.step({"loss": 1.0})
    assert not loop.control.should_save
    loop.stop.request()
    loop.step({"loss": 1.0})
    assert loop.control.should_training_stop
    marker = json.loads((tmp_path / "checkpoints/step_2/_COMPLETE").read_text())
    assert marker["step"] == 2 and marker["files"]["weights"]["size"] == 100
    with pytest.raises(TrainerExit) as end:
        loop.call("on_train_end")
    assert end.value.code == PREEMPTED
    assert "after the checkpoint of step 2" in str(end.value)


def test_a_stop_in_the_last_step_changes_nothing(tmp_path):
    loop = Loop(tmp_path, max_steps=1)
    loop.call("on_train_begin")
    loop.stop.request()
    loop.step({"loss": 1.0})
    loop.call("on_train_end")
    assert not loop.control.should_training_stop


def test_metrics_are_stored_before_the_checkpoint_that_stands_for_them(tmp_path, capsys):
    class Down(DirectoryStore):
        def put_new(self, name: str, content: bytes) -> None:
            raise OSError("down")

    writer = SegmentWriter(Down(tmp_path), flush_seconds=60, report=lambda _: None)
    writer.flush = lambda timeout=0.1, flush=writer.flush: flush(0.1)
    loop = Loop(tmp_path, writer=writer)
    loop.call("on_train_begin")
    loop.control.should_save = True
    loop.step({"loss": 1.0})
    assert not (tmp_path / "checkpoints").exists()
    assert "is not complete" in capsys.readouterr().err
    writer.close(0.1)


def test_a_fenced_run_ends_with_64_at_the_next_step(loop, tmp_path):
    loop.call("on_train_begin")
    DirectoryStore(tmp_path).put_new("metrics/00000000.jsonl", b"{}\n")
    loop.step({"loss": 1.0})
    loop.writer.flush()
    with pytest.raises(TrainerExit) as end:
        loop.step({"loss": 1.0})
    assert end.value.code == FENCED


def test_memory_of_the_gpu_is_in_gibibytes(loop, monkeypatch):
    cuda = SimpleNamespace(is_available=lambda: True, max_memory_allocated=lambda: 3 * 1024**3)
    monkeypatch.setattr("torch.cuda", cuda)
    loop.call("on_train_begin")
    loop.step({"loss": 1.0})
    assert loop.lines()[0]["data"]["gpu_memory_allocated_gib"] == 3
