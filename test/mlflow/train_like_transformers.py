"""The calls of the MLflow callback of transformers' Trainer, in its order, with its asynchronous logging."""

import json

import mlflow

mlflow.set_experiment("trainer")
mlflow.start_run(run_name="sft")
settings = {f"setting_{i}": (None if i % 3 else "x" * 200) for i in range(250)}
items = list(settings.items())
for start in range(0, len(items), 100):
    mlflow.log_params(dict(items[start : start + 100]), synchronous=False)
mlflow.set_tags({"stage": "sft"})
for step in range(1, 201):
    logs = {"loss": 2.0 / step, "grad_norm": 1.0, "learning_rate": 1e-4 * (1 - step / 200), "epoch": step / 100}
    if step == 150:
        logs["loss"] = float("nan")
    mlflow.log_metrics(metrics=logs, step=step, synchronous=False)
    if step % 50 == 0:
        mlflow.log_metrics(metrics={"eval_loss": 1.0 / step, "eval_runtime": 3.0}, step=step, synchronous=False)
mlflow.log_metrics({"train_loss": 0.5, "train_runtime": 9.0}, step=200, synchronous=False)
mlflow.flush_async_logging()
run_id = mlflow.active_run().info.run_id
mlflow.end_run()

client = mlflow.MlflowClient()
run = client.get_run(run_id)
losses = client.get_metric_history(run_id, "loss")
print(
    json.dumps(
        {
            "run": run_id,
            "status": run.info.status,
            "params": len(run.data.params),
            "metrics": sorted(run.data.metrics),
            "steps": [p.step for p in losses],
            "nan": [p.step for p in losses if p.value != p.value],
            "evals": [[p.step, p.value] for p in client.get_metric_history(run_id, "eval_loss")],
        }
    )
)
