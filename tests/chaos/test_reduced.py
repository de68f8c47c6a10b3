"""The fault test, reduced: half a minute in which each thing is killed at least once."""

import os
import subprocess
import sys

from config import environment
from config.environment import BASE_DIR


def test_whatever_is_killed_everything_is_sent_once_recorded_and_never_early() -> None:
    ours = {
        k: v for k, v in os.environ.items() if k not in {*environment.variables(), "DJANGO_SETTINGS_MODULE"}
    }
    run = [sys.executable, "-m", "tests.chaos", "--reduced"]
    result = subprocess.run(run, cwd=BASE_DIR, env=ours, capture_output=True, text=True, timeout=150)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "first tries timed" in result.stdout
