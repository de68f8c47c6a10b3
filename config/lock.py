"""Remakes the lock files: `make lock`.

They hold for every Python from 3.11 and for Linux and macOS, carry hashes, and name no package index.
"""

import subprocess
import sys

COMPILE = [
    *(sys.executable, "-m", "uv", "--quiet", "pip", "compile", "pyproject.toml", "--upgrade"),
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"),
    *("--no-emit-index-url", "--no-emit-find-links"),
]


def main() -> None:
    run = ["--output-file", "requirements.lock"]
    subprocess.run([*COMPILE, *run], check=True)
    # The tests' own tools follow the versions that run in production.
    dev = ["--group", "dev", "--constraint", "requirements.lock", "--output-file", "requirements-dev.lock"]
    subprocess.run([*COMPILE, *dev], check=True)


if __name__ == "__main__":
    main()
