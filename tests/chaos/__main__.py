"""`make chaos`: the whole fault test. SECONDS and SEED choose another length and other accidents."""

import os
import sys
from dataclasses import replace

from tests.chaos.running import FULL, REDUCED, run

if __name__ == "__main__":
    how = REDUCED if "--reduced" in sys.argv else FULL
    seconds = float(os.environ.get("SECONDS", how.seconds))
    how = replace(how, seconds=seconds, seed=int(os.environ.get("SEED", how.seed)))
    print(f"Seed {how.seed}: {how.incidents} incidents in {how.seconds:.0f} s", flush=True)
    sys.exit(1 if run(how) else 0)
