"""`python -m sluice_trainer`: runs the spec of SLUICE_SPEC_URI."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from .environment import contract_variables, rank
from .exits import BAD_INPUT, DONE, INTERNAL_ERROR, PREEMPTED, TrainerExit
from .lease import take_lease
from .result import is_finished
from .spec import read_spec, total_steps
from .status import StatusFile
from .stopping import StopRequest
from .store import DirectoryStore, open_store


def main() -> int:
    """Runs the trainer; gives back the exit code of the contract, 1 for a defect of its own."""
    # Everything a run reads lies under the URIs of its spec.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    stop = StopRequest().listen()
    status: StatusFile | None = None
    try:
        spec_uri, public_key = contract_variables()
        spec = read_spec(spec_uri)
        store = open_store(spec["output_uri"])
        if isinstance(store, DirectoryStore) and rank() == 0:
            take_lease(store.root)
        if is_finished(store, spec):
            print(f"{spec['output_uri']} already holds the verified result")
            return DONE
        status = StatusFile(store, spec["job"], total_steps(spec))
        with tempfile.TemporaryDirectory(prefix="sluice-trainer-") as folder:
            _run(spec, public_key, store, Path(folder), status, stop)
        print("done", flush=True)
        return DONE
    except TrainerExit as end:
        stream = sys.stdout if end.code == PREEMPTED else sys.stderr
        print(end, file=stream, flush=True)
        if status is not None and end.code == BAD_INPUT:
            status.update(status="failed", anomaly_reason=str(end))
        return int(end.code or 0)
    except Exception:
        traceback.print_exc()
        if status is not None:
            status.update(status="failed", anomaly_reason=traceback.format_exc(limit=1))
        return INTERNAL_ERROR
    finally:
        # The interpreter takes a while to end, and with the usual handler a late SIGTERM would replace the exit code.
        stop.ignore()
        if status is not None:
            status.close()


def _run(spec: dict, public_key: str, store: object, work: Path, status: StatusFile, stop: StopRequest) -> None:
    # Frameworks take seconds to import: what is wrong with the spec or the lease is said before.
    from .prepare import prepare

    prepared = prepare(spec, public_key, work)
    if spec["mode"] == "train":
        from .trl_main import train

        train(spec, prepared, store, work, status, stop)
    else:
        from .generate import generate

        generate(spec, prepared, store, work, status, stop)


if __name__ == "__main__":
    sys.exit(main())
