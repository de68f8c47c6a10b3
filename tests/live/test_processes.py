"""Web processes as they start, stop and stand side by side."""

import signal
import time

import pytest

from incidents import operations
from tests.live.streaming import Server, Stream, closing_all


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_open_streams_do_not_keep_a_server_from_stopping(transactional_db, client_for, ada, incident, signum):
    server = Server()
    paths = [f"/live/incidents/{incident.pk}/", "/live/board/"]
    with closing_all([Stream(server, path, client_for(ada)) for path in paths * 3]) as streams:
        for stream in streams:
            stream.next("hb")
        assert server.stop(signum) < 2
        for stream in streams:
            assert "bye" not in [event.name for event in stream.until_end()]


def test_every_process_tells_its_viewers(transactional_db, client_for, ada, grace, incident):
    server = Server(workers=2)
    try:
        path = f"/live/incidents/{incident.pk}/?after=1000"
        clients = [client_for(person) for person in (ada, grace) for _ in range(6)]
        with closing_all([Stream(server, path, client) for client in clients]) as streams:
            time.sleep(1)
            operations.add_note(incident.pk, by=ada, text="for both")
            for stream in streams:
                assert "for both" in stream.next("feed", 2).data
            assert server.stop() < 4
    finally:
        server.process.kill()
        server.process.wait()
