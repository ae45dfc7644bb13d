"""The trainer with a loss that becomes NaN in step 5, as a trainer of one's own."""

import math
import sys

from sluice_trainer import trl_main
from sluice_trainer.__main__ import main

_make = trl_main.make_trainer


def _breaking(*args):
    trainer = _make(*args)
    compute = trainer.compute_loss
    trainer.compute_loss = lambda *given, **more: (
        compute(*given, **more) * (math.nan if trainer.state.global_step == 4 else 1)
    )
    return trainer


trl_main.make_trainer = _breaking
sys.exit(main())
