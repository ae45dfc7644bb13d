"""The whole pipeline of an embedded Sluice on this trainer: two stages, two evaluations, the gate, the registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import rows, sha256

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parents[1]
NODE = ROOT / "node_modules/.bin/node"
STEPS = 10
PATTERN = ".*[a-e].*"

pytestmark = pytest.mark.skipif(not NODE.exists(), reason=f"{NODE} is missing: run npm install")


class Sluice:
    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._command = [str(NODE), "cli/sluice.mjs", "--data-dir", str(directory), "--json"]
        self._environment = {**os.environ, **environment, "SLUICE_PORT": "0"}
        self.log = directory / "server.log"
        self._server = subprocess.Popen(
            [*self._command, "up"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=self.log.open("w"),
            text=True,
        )
        assert self._server.stdout is not None
        if not self._server.stdout.readline():
            raise RuntimeError(self.log.read_text())

    def ask(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> dict:
        done = subprocess.run(
            [*self._command, *arguments], cwd=ROOT, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode in allowed, f"{arguments}: {done.stderr}{done.stdout}"
        return json.loads(done.stdout)

    def wait(self, job: str, seconds: float = 180) -> dict:
        deadline = time.monotonic() + seconds
        while True:
            found = self.ask("jobs", "get", job)
            if found["status"] in ("succeeded", "failed", "refused", "cancelled"):
                return found
            assert time.monotonic() < deadline, json.dumps(found)
            time.sleep(1)

    def points(self, job: str, stage: int) -> dict[str, list[list]]:
        series = self.ask("jobs", "metrics", job, "--stage", str(stage))["series"]
        return {each["name"]: each["points"] for each in series}

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(30)


def recipe(name: str, definition: str, stages: list[dict]) -> dict:
    return {
        "name": name,
        "profile": "smoke",
        "base_model": "tiny/random",
        "seed": 5,
        "stages": stages,
        "evaluation": {
            "suite": "tiny-suite",
            "dataset": "tiny-held-out",
            "scorer": {"type": "exact_match", "answer_pattern": "[0-9]"},
            "max_new_tokens": 8,
        },
        "gate": [{"type": "no_regression", "margin": 1}],
        "register": {"model": name},
        "preflight": {"min_free_gb": 0},
        "resources": {"definition": definition},
    }


def stage(algorithm: str, dataset: str, **hyper) -> dict:
    common = {"learning_rate": 0.01, "lora": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]}}
    return {
        "algorithm": algorithm,
        "dataset": dataset,
        "steps": STEPS,
        "save_steps": 5,
        "max_attempts": 1,
        "hyperparameters": {**common, **hyper},
    }


SFT = {"batch_size": 4, "max_length": 48}
GRPO = {
    "prompts_per_step": 2,
    "num_generations": 4,
    "max_prompt_length": 24,
    "max_completion_length": 8,
    "beta": 0.04,
    "rewards": [{"type": "format", "pattern": PATTERN}, {"type": "exact_match", "answer_pattern": "[0-9]"}],
}


@pytest.fixture(scope="module")
def sluice(tmp_path_factory, model):
    directory = tmp_path_factory.mktemp("sluice")
    environment = {"PYTHONPATH": str(PACKAGE), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    trainers = {
        "trl": {"command": [sys.executable, "-m", "sluice_trainer"], "environment": environment},
        "trl-nan": {"command": [sys.executable, str(PACKAGE / "tests/nan_trainer.py")], "environment": environment},
    }
    (directory / "trainers.json").write_text(json.dumps(trainers))
    server = Sluice(directory, {})
    try:
        files = {"tiny-sft": rows("sft", 20), "tiny-prompts": rows("grpo", 20), "tiny-held-out": held_out()}
        for name, entries in files.items():
            path = directory / f"{name}.jsonl"
            path.write_text("".join(f"{json.dumps(each)}\n" for each in entries))
            server.ask("datasets", "add", name, str(path))
        digest = sha256((model / "MANIFEST.json").read_bytes())
        place = ("--uri", model.as_uri(), "--digest", digest, "--context-length", "64")
        server.ask("models", "register-base", "tiny/random", *place, "--architecture", str(model / "config.json"))
        recipes = {
            "tiny-trl": recipe(
                "tiny-trl", "trl", [stage("sft", "tiny-sft", **SFT), stage("grpo", "tiny-prompts", **GRPO)]
            ),
            "tiny-nan": recipe("tiny-nan", "trl-nan", [stage("sft", "tiny-sft", **SFT)]),
        }
        for name, content in recipes.items():
            path = directory / f"{name}.json"
            path.write_text(json.dumps(content))
            server.ask("recipes", "publish", str(path))
        yield server
    finally:
        server.stop()


def held_out() -> list[dict]:
    return [{"prompt": f"take {a} from {a + b}", "answer": str(b)} for a in range(1, 5) for b in range(1, 4)]


@pytest.fixture(scope="module")
def jobs(sluice) -> dict[str, dict]:
    submitted = {name: sluice.ask("jobs", "submit", name)["id"] for name in ("tiny-trl", "tiny-nan")}
    return {name: sluice.wait(job) for name, job in submitted.items()}


def test_the_job_goes_through(sluice, jobs):
    job = jobs["tiny-trl"]
    assert job["status"] == "succeeded", json.dumps(sluice.ask("jobs", "events", job["id"]))
    assert [each["status"] for each in job["stages"]] == ["succeeded", "succeeded"]


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (0, ["total_loss", "learning_rate", "grad_norm_actor", "entropy", "tokens_per_second", "step_time", "epoch"]),
        (
            1,
            [
                *("total_loss", "learning_rate", "grad_norm_actor", "entropy", "tokens_per_second", "step_time"),
                *("reward_mean", "reward_std", "reward_max", "reward_min", "kl_ref", "response_length_mean"),
                *("response_clip_ratio", "frac_reward_zero_std", "clip_fraction", "rewards/format/mean"),
            ],
        ),
    ],
)
def test_every_step_of_a_stage_is_stored_once_under_canonical_names(sluice, jobs, number, names):
    points = sluice.points(jobs["tiny-trl"]["id"], number)
    for name in names:
        assert [step for step, _ in points[name]] == list(range(1, STEPS + 1)), name
        assert all(isinstance(value, (int, float)) for _, value in points[name]), name
    assert not {"loss", "reward", "grad_norm", "kl", "completions/mean_length"} & set(points)


def test_the_rewards_are_those_of_the_recipe(sluice, jobs):
    points = sluice.points(jobs["tiny-trl"]["id"], 1)
    for step in range(STEPS):
        mean = points["rewards/format/mean"][step][1] + points["rewards/exact_match_1/mean"][step][1]
        assert points["reward_mean"][step][1] == pytest.approx(mean)
        assert points["reward_min"][step][1] <= mean <= points["reward_max"][step][1]
    assert points["kl_ref"][0][1] == pytest.approx(0, abs=1e-6)


def test_a_nan_arrives_as_nan_and_ends_the_job(sluice, jobs):
    job = jobs["tiny-nan"]
    assert job["status"] == "failed"
    # Its own exit code, whoever was faster: the trainer, or the diagnostics that stop a run with NaN.
    assert job["stages"][0]["attempts"][-1]["exit_code"] == 70
    losses = sluice.points(job["id"], 0)["total_loss"]
    assert [step for step, _ in losses] == [1, 2, 3, 4, 5]
    assert losses[4][1] == "NaN"
    assert all(isinstance(value, float) for _, value in losses[:4])
