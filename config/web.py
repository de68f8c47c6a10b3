"""The web process: `python -m config.web [--fd N [--after M]]`.

With `--fd` it serves a socket that its parent opened and keeps: while this process is restarted, connections
wait instead of being refused. With `--after` it begins when that pipe ends, and until then loads what it can:
its parent is still preparing the database.
"""

import os
import socket
import sys
from importlib import import_module

import django
import uvicorn

from config import environment

# Streams to browsers never end by themselves; after this many seconds they are cut, and browsers reconnect.
GRACE = 3
APPLICATION = "config.asgi:application"


def main(arguments: list[str], application: str = APPLICATION) -> None:
    settings = environment.read()
    _wait_for_parent(arguments)
    config = uvicorn.Config(
        application,
        host=settings.bind,
        port=settings.port,
        log_config=None,  # Django's
        access_log=False,
        lifespan="off",
        proxy_headers=False,  # ALLCLEAR_TRUSTED_PROXIES says how many to believe; uvicorn would believe them all
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        loop="uvloop",
        http="httptools",
    )
    uvicorn.Server(config).run(sockets=_given_socket(arguments))


def _given_socket(arguments: list[str]) -> list[socket.socket] | None:
    return [socket.socket(fileno=int(arguments[1]))] if arguments[:1] == ["--fd"] else None


def _wait_for_parent(arguments: list[str]) -> None:
    if arguments[2:3] != ["--after"]:
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup(set_prefix=False)
    import_module("config.urls")
    os.read(int(arguments[3]), 1)


if __name__ == "__main__":
    main(sys.argv[1:])
