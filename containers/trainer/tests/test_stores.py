from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import DIGEST, JOB, train_spec

from sluice_trainer.checkpoints import fetch_checkpoint, identity_of, publish_checkpoint
from sluice_trainer.exits import TrainerExit
from sluice_trainer.lease import take_lease
from sluice_trainer.s3_store import S3Store
from sluice_trainer.segment_writer import SegmentWriter
from sluice_trainer.status import StatusFile
from sluice_trainer.store import AlreadyThere, DirectoryStore, open_store

PACKAGE = Path(__file__).parents[1]


class Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class FakeS3:
    """What the store calls of boto3's client."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.lose_answers = 0

    def put_object(self, Bucket, Key, Body, IfNoneMatch=None):
        if IfNoneMatch == "*" and Key in self.objects:
            raise Refused("PreconditionFailed")
        self.objects[Key] = Body
        if self.lose_answers > 0:
            self.lose_answers -= 1
            raise TimeoutError

    def upload_file(self, path, bucket, key):
        self.objects[key] = Path(path).read_bytes()

    def download_file(self, bucket, key, path):
        Path(path).write_bytes(self.objects[key])

    def get_object(self, Bucket, Key):
        if Key not in self.objects:
            raise Refused("NoSuchKey")
        body = self.objects[Key]
        return {"Body": type("Body", (), {"read": lambda self: body})()}

    def get_paginator(self, _):
        class Pages:
            def paginate(_, Bucket, Prefix):
                return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}]

        return Pages()


@pytest.fixture
def s3():
    return S3Store("s3://bucket/a/b", FakeS3())


@pytest.fixture(params=["directory", "s3"])
def store(request, tmp_path, s3):
    return DirectoryStore(tmp_path / "store") if request.param == "directory" else s3


def test_a_store_keeps_what_it_is_given(store, tmp_path):
    (tmp_path / "file").write_bytes(b"file")
    store.put("status.json", b"1")
    store.put("status.json", b"2")
    store.put_new("metrics/00000000.jsonl", b"a")
    store.put_file("final/file", tmp_path / "file")
    assert store.get("status.json") == b"2"
    assert store.get("final/file") == b"file"
    assert store.get("missing") is None
    assert store.names("metrics") == ["00000000.jsonl"]
    assert store.names("nothing") == []
    folder = store.fetch_folder(tmp_path / "copy")
    assert (folder / "final/file").read_bytes() == b"file"


def test_a_name_is_given_once_and_ones_own_bytes_are_no_conflict(store):
    store.put_new("metrics/00000000.jsonl", b"a")
    store.put_new("metrics/00000000.jsonl", b"a")
    with pytest.raises(AlreadyThere):
        store.put_new("metrics/00000000.jsonl", b"b")
    assert store.get("metrics/00000000.jsonl") == b"a"
    assert store.names("metrics") == ["00000000.jsonl"]


def test_segments_on_s3_survive_lost_answers(s3, monkeypatch):
    monkeypatch.setattr("sluice_trainer.segment_writer._FIRST_PAUSE", 0.01)
    s3._client.lose_answers = 3
    writer = SegmentWriter(s3, flush_seconds=0.01, report=lambda _: None)
    for step in range(4):
        writer.append(step, {"loss": 1})
        assert writer.flush(5)
    text = b"".join(s3._client.objects[key] for key in sorted(s3._client.objects))
    assert [json.loads(line)["step"] for line in text.splitlines()] == [0, 1, 2, 3]
    assert writer.close()


def test_s3_asks_for_boto3_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(TrainerExit) as end:
        open_store("s3://bucket/prefix/")
    assert end.value.code == 65 and "boto3" in str(end.value)


def test_the_status_is_replaced_whole_and_not_too_often(tmp_path):
    writes: list[bytes] = []

    class Counting(DirectoryStore):
        def put(self, name: str, content: bytes) -> None:
            writes.append(content)
            super().put(name, content)

    status = StatusFile(Counting(tmp_path), JOB, 7, interval=0.1)
    for step in range(200):
        status.update(status="running", current_step=step, latest_metrics={"loss": "NaN"})
        time.sleep(0.001)
    status.close()
    assert 2 <= len(writes) <= 8
    last = json.loads((tmp_path / "status.json").read_text())
    assert last["updated_at"].endswith("Z")
    assert {**last, "updated_at": ""} == {
        "job_id": JOB,
        "status": "running",
        "current_step": 199,
        "total_steps": 7,
        "updated_at": "",
        "anomaly_detected": False,
        "anomaly_reason": None,
        "latest_metrics": {"loss": "NaN"},
    }
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_status_that_cannot_be_written_is_said_once_and_stops_nothing(tmp_path, capsys):
    (tmp_path / "status.json").mkdir()
    status = StatusFile(DirectoryStore(tmp_path), JOB, 7, interval=0.01)
    for step in range(3):
        status.update(current_step=step)
        time.sleep(0.03)
    status.close()
    assert capsys.readouterr().err.count("cannot be written") == 1


@pytest.fixture
def resuming(tmp_path):
    data = {"name": "d", "uri": "file:///d", "digest": DIGEST, "rows": 1}
    place = (tmp_path / "run/checkpoints/step_3").as_uri() + "/"
    spec = train_spec("sft", tmp_path, data, tmp_path / "out", resume_from={"uri": place, "step": 3})
    saved = tmp_path / "checkpoint-3"
    (saved / "ref").mkdir(parents=True)
    (saved / "weights").write_text("w")
    (saved / "ref/weights").write_text("r")
    publish_checkpoint(DirectoryStore(tmp_path / "run"), saved, 3, identity_of(spec))
    return spec, tmp_path / "run/checkpoints/step_3"


def test_a_checkpoint_that_holds_is_found(resuming, tmp_path):
    spec, folder = resuming
    problems: list[str] = []
    assert fetch_checkpoint(spec, tmp_path, problems) == folder
    assert problems == []
    assert set(json.loads((folder / "_COMPLETE").read_text())["files"]) == {
        "weights",
        "ref/weights",
        "sluice_identity.json",
    }


@pytest.mark.parametrize("damage", ["marker", "weights", "byte", "step", "seed", "junk"])
def test_a_checkpoint_that_does_not_hold_is_refused(resuming, tmp_path, damage):
    spec, folder = resuming
    if damage == "marker":
        (folder / "_COMPLETE").unlink()
    elif damage == "weights":
        (folder / "weights").unlink()
    elif damage == "byte":
        (folder / "weights").write_text("v")
    elif damage == "step":
        spec["resume_from"]["step"] = 4
    elif damage == "seed":
        spec["seed"] = 9
    else:
        (folder / "_COMPLETE").write_text('{"step": 3}')
    problems: list[str] = []
    assert fetch_checkpoint(spec, tmp_path, problems) is None
    assert len(problems) == 1 and problems[0].startswith("resume_from: ")


def test_a_live_process_keeps_its_lease_and_a_dead_one_does_not(tmp_path):
    script = f"import sys; sys.path.insert(0, {str(PACKAGE)!r})\n" + (
        "from pathlib import Path\nfrom sluice_trainer.lease import take_lease\n"
        "take_lease(Path(sys.argv[1])); print('taken', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "taken\n"
    with pytest.raises(TrainerExit) as end:
        take_lease(tmp_path)
    assert end.value.code == 64 and str(holder.pid) in str(end.value)
    holder.kill()
    holder.wait()
    take_lease(tmp_path)
    assert json.loads((tmp_path / "lease.1.json").read_text())["pid"] == os.getpid()
