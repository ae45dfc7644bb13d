"""Logs as training scripts do, with the real client, and prints what it reads back as one JSON line."""

import json
import math

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

client = MlflowClient()
seen = {"version": mlflow.__version__}


def text(value):
    return value if math.isfinite(value) else str(value)


def history(run_id, key):
    return [[p.step, text(p.value)] for p in client.get_metric_history(run_id, key)]


def refused(call):
    try:
        call()
        return None
    except MlflowException as error:
        return [error.error_code, str(error)]
    except requests.HTTPError as error:
        return [error.response.status_code, str(error)]


# The fluent functions.
mlflow.set_experiment("fluent")
with mlflow.start_run(run_name="first", tags={"team": "red"}, description="a run") as run:
    first = run.info.run_id
    mlflow.log_params({"lr": 1e-4, "model": "tiny", "flags": [1, 2]})
    mlflow.log_param("seed", 7)
    mlflow.log_metric("loss", 2.5, step=1)
    mlflow.log_metrics({"loss": float("nan"), "grad_norm": float("inf"), "eval/acc top-1": 0.5}, step=2)
    mlflow.log_metric("no_step", 1.0)
    mlflow.log_metric("no_step", 2.0)
    mlflow.set_tags({"a": "1", "b": 2})
    mlflow.delete_tag("a")
    seen["artifact"] = refused(lambda: mlflow.log_text("text", "a.txt"))
    seen["artifacts"] = client.list_artifacts(first)
run = client.get_run(first)
seen["first"] = {
    "status": run.info.status,
    "name": run.info.run_name,
    "params": run.data.params,
    "metrics": {key: text(value) for key, value in run.data.metrics.items()},
    "tags": {key: run.data.tags.get(key) for key in ("team", "a", "b", "mlflow.note.content", "mlflow.runName")},
    "loss": history(first, "loss"),
    "no_step": history(first, "no_step"),
}

# A run that goes on, and one inside another.
with mlflow.start_run(run_id=first):
    mlflow.log_metric("loss", 2.0, step=3)
    with mlflow.start_run(nested=True) as child:
        seen["parent"] = child.data.tags["mlflow.parentRunId"] == first
seen["resumed"] = history(first, "loss")

# The client's own calls.
second = client.create_run("0", tags={"kind": "batch"}).info.run_id
client.log_batch(
    second,
    [Metric("loss", 1.0 / (step + 1), 1_700_000_000_000 + step, step) for step in range(1000)],
)
client.log_batch(second, [], [Param(f"p{i}", str(i)) for i in range(100)], [RunTag(f"t{i}", "x") for i in range(100)])
seen["batch"] = [len(history(second, "loss")), len(client.get_run(second).data.params)]
seen["immutable"] = refused(lambda: client.log_batch(second, params=[Param("p1", "other")]))
seen["negative"] = refused(lambda: client.log_metric(second, "loss", 1.0, step=-1))
client.set_terminated(second, status="FAILED")

# Searches.
experiment = client.get_experiment_by_name("fluent").experiment_id
found = mlflow.search_runs([experiment, "0"], "metrics.loss < 1.5 AND tags.kind = 'batch'", output_format="list")
seen["search"] = [[r.info.run_id == second, r.info.status] for r in found]
ordered = client.search_runs([experiment, "0"], order_by=["metrics.loss ASC"], max_results=1)
seen["order"] = [ordered[0].info.run_id == second, ordered.token is not None]
rest = client.search_runs([experiment, "0"], order_by=["metrics.loss ASC"], page_token=ordered.token)
seen["pages"] = len(rest)
seen["experiments"] = sorted(e.name for e in client.search_experiments())
seen["filter"] = refused(lambda: client.search_runs(["0"], "metrics.loss > 1 OR metrics.loss < 0"))
seen["missing"] = refused(lambda: client.get_run("0" * 32))
seen["registry"] = refused(lambda: client.create_registered_model("model"))

# Deleting.
client.delete_run(second)
seen["deleted"] = [client.get_run(second).info.lifecycle_stage, refused(lambda: client.set_tag(second, "a", "b"))]
client.restore_run(second)
client.set_tag(second, "a", "b")

print(json.dumps(seen))
