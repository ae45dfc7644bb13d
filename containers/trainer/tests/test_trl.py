"""Real runs of TRL on a model with random weights."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support import GRPO, JOB, PEM, SFT, generate_spec, rows, segments, train_spec, with_ticket, write_dataset

from sluice_trainer import trl_main
from sluice_trainer.__main__ import main
from sluice_trainer.digests import file_problems
from sluice_trainer.json_schema import problems_of
from sluice_trainer.store import path_of

PACKAGE = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _own_handlers():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a spec in this process and gives back the exit code."""

    def start(spec: dict) -> int:
        path = tmp_path / "spec.json"
        # The lease of an earlier run in this test is this process's own, which is alive.
        for lease in path_of(spec["output_uri"]).glob("lease*.json"):
            lease.unlink()
        path.write_text(json.dumps(spec))
        monkeypatch.setenv("SLUICE_SPEC_URI", path.as_uri())
        monkeypatch.setenv("SLUICE_TICKET_PUBLIC_KEY", PEM)
        return main()

    return start


@pytest.fixture
def data(tmp_path):
    return {kind: write_dataset(tmp_path / f"{kind}.jsonl", rows(kind)) for kind in ("sft", "dpo", "grpo")}


def manifest_of(output: Path, schema: str = "train-manifest") -> dict:
    manifest = json.loads((output / "manifest.json").read_text())
    assert problems_of(schema, manifest) == []
    assert file_problems(output, manifest["files"]) == []
    return manifest


def weights(output: Path) -> dict[str, torch.Tensor]:
    return load_file(output / "final/adapter_model.safetensors")


def same(a: Path, b: Path) -> bool:
    first, second = weights(a), weights(b)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def adapter_of(output: Path) -> dict:
    return {"uri": (output / "final").as_uri() + "/", "manifest_uri": (output / "manifest.json").as_uri()}


def checkpoint_of(output: Path, step: int) -> dict:
    return {"uri": (output / f"checkpoints/step_{step}").as_uri() + "/", "step": step}


EXPECTED = {
    "sft": {"loss", "learning_rate", "grad_norm", "entropy", "num_tokens", "mean_token_accuracy"},
    "dpo": {"loss", "learning_rate", "grad_norm", "rewards/margins", "rewards/accuracies"},
    "grpo": {
        *("loss", "learning_rate", "grad_norm", "entropy", "kl", "reward", "reward_std", "reward_max", "reward_min"),
        *("frac_reward_zero_std", "completions/mean_length", "completions/clipped_ratio", "clip_ratio/region_mean"),
        *("rewards/format/mean", "rewards/exact_match_1/mean"),
    },
}


@pytest.mark.parametrize("algorithm", ["sft", "dpo", "grpo"])
def test_a_stage_of_training(run, model, data, tmp_path, algorithm):
    output = tmp_path / "out"
    spec = train_spec(algorithm, model, data[algorithm], output)
    assert run(spec) == 0
    lines = segments(output)
    assert [line["step"] for line in lines] == list(range(1, 7))
    for line in lines:
        assert line["data"].keys() >= EXPECTED[algorithm] | {"step_time", "tokens_per_second", "epoch"}
        assert all(isinstance(value, (int, float)) for value in line["data"].values())
    # The schedule of the reference trainer: linear warm-up over 2 steps to the peak, then down to nothing after step 6.
    rates = [line["data"]["learning_rate"] for line in lines]
    assert rates == pytest.approx([0, 0.0025, 0.005, 0.00375, 0.0025, 0.00125])
    manifest = manifest_of(output)
    assert (manifest["global_step"], manifest["resumed_from_step"], manifest["framework"]) == (6, 0, "trl")
    assert {"final/adapter_model.safetensors", "final/tokenizer.json", "final/chat_template.jinja"} <= set(
        manifest["files"]
    )
    assert json.loads((output / "final/adapter_config.json").read_text())["base_model_name_or_path"] == "tiny/random"
    assert any(tensor.abs().sum() > 0 for name, tensor in weights(output).items() if "lora_B" in name)
    assert {path.parent.name for path in output.glob("checkpoints/*/_COMPLETE")} == {"step_3", "step_6"}
    status = json.loads((output / "status.json").read_text())
    assert (status["job_id"], status["status"], status["current_step"]) == (JOB, "completed", 6)
    before = (output / "manifest.json").stat().st_mtime_ns
    assert run(spec) == 0
    assert (output / "manifest.json").stat().st_mtime_ns == before


def test_learning_happens(run, model, data, tmp_path):
    hyper = {**SFT, "learning_rate": 0.02, "lr_scheduler_type": "constant", "lora": {**SFT["lora"], "r": 16}}
    assert run(train_spec("sft", model, data["sft"], tmp_path / "out", planned_steps=24, hyperparameters=hyper)) == 0
    losses = [line["data"]["loss"] for line in segments(tmp_path / "out")]
    assert sum(losses[-5:]) / 5 < losses[0] - 0.3


@pytest.mark.parametrize("algorithm", ["sft", "grpo"])
def test_a_resumed_run_ends_as_an_unbroken_one(run, model, data, tmp_path, algorithm):
    """From an adapter, so that GRPO has its frozen reference beside the adapter that trains."""
    assert run(train_spec("sft", model, data["sft"], tmp_path / "first")) == 0
    adapter = adapter_of(tmp_path / "first")
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    assert run(train_spec(algorithm, model, data[algorithm], whole, adapter=adapter)) == 0
    later = train_spec(
        algorithm, model, data[algorithm], resumed, adapter=adapter, attempt=2, resume_from=checkpoint_of(whole, 3)
    )
    assert run(later) == 0
    assert manifest_of(resumed)["resumed_from_step"] == 3
    assert [line["step"] for line in segments(resumed)] == [4, 5, 6]
    assert same(whole, resumed)
    assert not same(whole, tmp_path / "first")
    if algorithm == "grpo":
        # The reference is the adapter of the start: the first step is at no distance from it.
        kl = [line["data"]["kl"] for line in segments(whole)]
        assert kl[0] == 0 and kl[-1] > 0
        assert segments(resumed)[-1]["data"]["kl"] == pytest.approx(kl[-1], rel=1e-3)


def test_a_real_nan_is_shipped_and_ends_with_70(run, model, data, tmp_path, monkeypatch):
    make = trl_main.make_trainer

    def breaking(spec, prepared, work):
        trainer = make(spec, prepared, work)
        compute = trainer.compute_loss
        trainer.compute_loss = lambda *args, **more: (
            compute(*args, **more) * (math.nan if trainer.state.global_step == 3 else 1)
        )
        return trainer

    monkeypatch.setattr(trl_main, "make_trainer", breaking)
    output = tmp_path / "out"
    assert run(train_spec("sft", model, data["sft"], output, save_steps=1, flush_seconds=600)) == 70
    lines = segments(output)
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert [line["data"]["loss"] == "NaN" for line in lines] == [False, False, False, True]
    assert {path.parent.name for path in output.glob("checkpoints/*/_COMPLETE")} == {"step_1", "step_2", "step_3"}
    status = json.loads((output / "status.json").read_text())
    assert status["anomaly_detected"] and "loss is NaN" in status["anomaly_reason"]
    assert not (output / "manifest.json").exists()


def test_a_nan_that_trl_leaves_out_of_its_means_is_kept(run, model, data, tmp_path, monkeypatch):
    make = trl_main.make_trainer

    def breaking(spec, prepared, work):
        trainer = make(spec, prepared, work)
        step = trainer.training_step

        def training_step(*args, **more):
            result = step(*args, **more)
            if trainer.state.global_step == 1:
                trainer._metrics["train"]["kl"].append(math.nan)
            return result

        trainer.training_step = training_step
        return trainer

    monkeypatch.setattr(trl_main, "make_trainer", breaking)
    output = tmp_path / "out"
    assert run(train_spec("grpo", model, data["grpo"], output, planned_steps=3)) == 0
    assert [line["data"]["kl"] == "NaN" for line in segments(output)] == [False, True, False]


def test_answers_of_the_base_and_of_an_adapter(run, model, data, tmp_path, monkeypatch):
    hyper = {**SFT, "learning_rate": 0.05, "lr_scheduler_type": "constant"}
    assert run(train_spec("sft", model, data["sft"], tmp_path / "first", planned_steps=12, hyperparameters=hyper)) == 0
    asked = [{"prompt": "add 1 and 2"[: 3 + index % 9], "answer": "3"} for index in range(16)]
    suite = write_dataset(tmp_path / "suite.jsonl", asked)
    replies = {}
    for name, adapter, size in (
        ("base", {}, 8),
        ("tuned", {"adapter": adapter_of(tmp_path / "first")}, 8),
        ("one", {}, 1),
    ):
        output = tmp_path / name
        monkeypatch.setenv("SLUICE_MICRO_BATCH", str(size))
        assert run(generate_spec(model, suite, output, **adapter)) == 0
        manifest = manifest_of(output, "generate-manifest")
        assert manifest["items"] == 16
        lines = [json.loads(line) for line in (output / "responses-00000.jsonl").read_text().splitlines()]
        assert [line["index"] for line in lines] == list(range(16))
        assert [line["prompt_tokens"] for line in lines] == [len(each["prompt"]) + 3 for each in asked]
        assert all(problems_of_line(line) == [] for line in lines)
        replies[name] = [line["response"] for line in lines]
    assert replies["base"] != replies["tuned"]
    # Padding on the left changes no greedy reply.
    assert replies["base"] == replies["one"]


def problems_of_line(line: dict) -> list[str]:
    fits = (
        set(line) == {"index", "response", "finish_reason", "prompt_tokens", "completion_tokens"}
        and line["finish_reason"] in ("stop", "length")
        and line["completion_tokens"] <= 8
    )
    return [] if fits else [str(line)]


def test_everything_that_is_wrong_is_said_at_once(run, model, data, tmp_path, capfd):
    bad = write_dataset(
        tmp_path / "bad.jsonl",
        [{"prompt": "x" * 60, "completion": "y"}, {"prompt": "x"}, {"prompt": "a", "completion": "b"}],
    )
    spec = train_spec("sft", model, bad, tmp_path / "out")
    spec["dataset"] = {**bad, "digest": "3" * 64, "rows": 9}
    spec["base_model"] = {**spec["base_model"], "digest": "4" * 64}
    assert run(spec) == 65
    said = capfd.readouterr().err
    for words in ("ticket: base_model.digest", "base_model: ", "sha256", "3 rows, not the 9", "row 1: no row of sft"):
        assert words in said
    assert json.loads((tmp_path / "out/status.json").read_text())["status"] == "failed"
    assert run(train_spec("sft", model, bad, tmp_path / "again")) == 65
    assert (
        run(with_ticket({**train_spec("sft", model, data["sft"], tmp_path / "x"), "output_uri": spec["output_uri"]}))
        == 0
    )


def test_rows_that_leave_no_room_and_groups_that_do_not_fit(run, model, tmp_path, capfd):
    long = write_dataset(tmp_path / "long.jsonl", [{"prompt": "x" * 30, "answer": "1"}, {"prompt": "a", "answer": "1"}])
    hyper = {**GRPO, "max_prompt_length": 20, "rewards": [{"type": "format", "pattern": "a(?=b)", "weight": 1}]}
    assert run(train_spec("grpo", model, long, tmp_path / "out", hyperparameters=hyper)) == 65
    said = capfd.readouterr().err
    assert "row 0: the prompt takes 33 tokens, max_prompt_length allows 20" in said
    assert "a(?=b)" in said
    few = {**GRPO, "prompts_per_step": 3}
    assert run(train_spec("grpo", model, long, tmp_path / "out2", hyperparameters=few)) == 65
    assert "prompts_per_step is 3, but the dataset has 2" in capfd.readouterr().err


SLOW = """
import sys, time
from sluice_trainer import trl_main
make = trl_main.make_trainer
def slow(*args):
    trainer = make(*args)
    step = trainer.training_step
    trainer.training_step = lambda *a, **k: (time.sleep(0.2), step(*a, **k))[1]
    return trainer
trl_main.make_trainer = slow
from sluice_trainer.__main__ import main
sys.exit(main())
"""


def test_sigterm_in_a_real_process_saves_and_the_next_attempt_goes_on(run, model, data, tmp_path):
    output = tmp_path / "out"
    changes = {"planned_steps": 60, "save_steps": 50, "flush_seconds": 0.05}
    (tmp_path / "child.json").write_text(json.dumps(train_spec("sft", model, data["sft"], output, **changes)))
    environment = {
        **os.environ,
        "SLUICE_SPEC_URI": (tmp_path / "child.json").as_uri(),
        "SLUICE_TICKET_PUBLIC_KEY": PEM,
        "PYTHONPATH": str(PACKAGE),
    }
    child = subprocess.Popen([sys.executable, "-c", SLOW], env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if "'loss'" in line and len(segments(output)) >= 3:
            break
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 75
    last = segments(output)[-1]["step"]
    assert f"stopped after the checkpoint of step {last}" in out
    assert [line["step"] for line in segments(output)] == list(range(1, last + 1))
    assert (output / f"checkpoints/step_{last}/_COMPLETE").exists()
    assert json.loads((output / "status.json").read_text())["status"] == "preempted"
    later = {**changes, "attempt": 2, "resume_from": checkpoint_of(output, last)}
    assert run(train_spec("sft", model, data["sft"], tmp_path / "next", **later)) == 0
    assert [line["step"] for line in segments(tmp_path / "next")] == list(range(last + 1, 61))
