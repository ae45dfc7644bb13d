from __future__ import annotations

import os
from pathlib import Path

# The models are so small that more threads only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import support


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    return support.make_model(tmp_path_factory.mktemp("model"))
