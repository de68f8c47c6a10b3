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

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        until = monotonic() + self.settings_dict["OPTIONS"].get("patience", 0)
        while True:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError:
                if monotonic() > until:
                    raise
                sleep(PAUSE)
