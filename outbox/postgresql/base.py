from select import POLLIN, poll
from time import monotonic, sleep
from typing import Any

import psycopg
from django.db.backends.postgresql import base

PAUSE = 0.1  # seconds between two tries


class DatabaseWrapper(base.DatabaseWrapper):
    """Tries to connect for as many seconds as the option ``patience`` says, once if it is absent.

    Who asks while PostgreSQL restarts gets an answer a moment later, and not an error.
    """

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params.pop("patience", None)
        return params

    def is_usable(self) -> bool:
        """Whether the server is there still: asked of it only after an error, or if its line says something unasked.

        A server that ends a session says so or hangs up, and a question before each request would cost as much as what
        many a request asks. One that is gone without a word is found out by neither before TCP gives it up.
        """
        if self.connection is None or self.connection.closed:
            return False
        line = poll()
        line.register(self.connection.fileno(), POLLIN)
        is_silent = not line.poll(0) and not self.errors_occurred
        return is_silent or bool(super().is_usable())

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        until = monotonic() + self.settings_dict["OPTIONS"].get("patience", 0)
        while True:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError:
                if monotonic() > until:
                    raise
                sleep(PAUSE)
