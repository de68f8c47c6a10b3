"""Everything that Allclear runs, under one process: `python -m config.supervisor`.

PostgreSQL (unless DATABASE_URL is set), then web, a worker for each queue, clock and watchdog. One that dies is
started again, after a pause that grows while it keeps dying. Ctrl-C or SIGTERM stops them all, PostgreSQL last.
Should this process be killed outright, the kernel tells each of them to stop.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from config import environment, postgres
from config.environment import BASE_DIR, ConfigurationError, Environment

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a dead child is started again
STEADY = 60.0  # seconds after which a child counts as well, and its next pause is the shortest
HEAD_START = 10.0  # seconds at most that the web process starts before the others
PATIENCE = 25.0  # seconds that children get to finish what they do
CELERY = [sys.executable, "-m", "celery", "-q", "-A", "config"]


class Child:
    """One process that is kept running, its output repeated with its name before each line."""

    def __init__(self, name: str, command: list[str], keep_open: tuple[int, ...] = ()) -> None:
        self.name, self.command, self.keep_open = name, command, keep_open
        self.process: asyncio.subprocess.Process | None = None

    async def keep(self) -> None:
        """Run, and run again, until cancelled."""
        pause = SHORTEST_PAUSE
        while True:
            began = time.monotonic()
            code = await self._run()
            pause = SHORTEST_PAUSE if time.monotonic() - began > STEADY else pause
            say(self.name, f"ended ({code}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self) -> int:
        self.process = await spawn(self.command, self.keep_open)
        assert self.process.stdout
        async for line in self.process.stdout:
            say(self.name, line.decode(errors="replace").rstrip())
        return await self.process.wait()

    async def stop(self) -> None:
        """Ask, wait, then insist."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            say(self.name, "does not stop; killing it")
        self.kill()

    def kill(self) -> None:
        """End the whole group at once: a worker has children of its own."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


async def spawn(command: list[str], keep_open: tuple[int, ...] = ()) -> asyncio.subprocess.Process:
    """Start a process that Ctrl-C does not reach, and that ends when we do."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=BASE_DIR,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        pass_fds=keep_open,
        start_new_session=True,
        limit=2**20,
        preexec_fn=lambda: postgres.die_with_parent(signal.SIGTERM),
    )


async def keep_database(cluster: postgres.Cluster, server: subprocess.Popen[bytes]) -> None:
    """Start PostgreSQL again whenever it ends; stop it when cancelled."""
    pause = SHORTEST_PAUSE
    try:
        while True:
            await asyncio.sleep(0.5)
            if server.poll() is None:
                continue
            say("postgres", f"ended ({server.returncode}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            try:
                server = cluster.launch()
                pause = SHORTEST_PAUSE
            except postgres.PostgresError as error:
                pause = min(2 * pause, LONGEST_PAUSE)
                say("postgres", str(error))
    finally:
        postgres.stop(server)


async def run(settings: Environment, listening: socket.socket, server: subprocess.Popen[bytes] | None) -> int:
    """Prepare, start the children, say the address, and wait for the signal to stop."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():  # asked twice: no more patience
            for child in children:
                child.kill()
        say("", "Stopping")
        stopping.set()

    cluster = postgres.Cluster.at(settings.home)
    keepers = [asyncio.create_task(keep_database(cluster, server))] if server else []
    preparing, prepared = os.pipe()
    children = kin(listening.fileno(), preparing)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    working = asyncio.create_task(work(children, listening, prepared))
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
    code = working.result() if working.done() else 0
    await end([working, waiting])
    await asyncio.gather(*(child.stop() for child in children))
    await end(keepers)
    return code


async def work(children: list[Child], listening: socket.socket, prepared: int) -> int:
    """Have the children running; returns, with an exit code, only when that cannot be. Closing ``prepared`` tells
    the web process, which loads meanwhile, that it may begin."""
    keepers = [asyncio.create_task(child.keep()) for child in children[:1]]
    try:
        address = await prepare()
        if address is None:
            return 1
        os.close(prepared)
        # All at once they would be in each other's way; but what is due does not wait for a web process that fails.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(until_healthy(listening.getsockname()), HEAD_START)
        keepers += [asyncio.create_task(child.keep()) for child in children[1:]]
        await until_healthy(listening.getsockname())
        say("", f"Allclear is at {address}")
        await asyncio.gather(*keepers)
    finally:
        await end(keepers)
    return 0


async def prepare() -> str | None:
    """Migrations, static files, the starter runbook; the address to open, or None after saying what failed."""
    process = await spawn([sys.executable, "-m", "config.prepare"])
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise
    lines = output.decode(errors="replace").splitlines()
    if process.returncode == 0 and lines:
        for line in lines[:-1]:
            say("prepare", line)
        return lines[-1]
    for line in lines:
        say("prepare", line)
    return None


async def until_healthy(address: tuple[str, int]) -> None:
    """Wait until the web process serves, which it does only with its database."""
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection(*address[:2])
            writer.write(request)
            status = await asyncio.wait_for(reader.readline(), 10)
            writer.close()
            if b" 200 " in status:
                return
        await asyncio.sleep(0.1)


def kin(listening: int, preparing: int) -> list[Child]:
    """The processes of one installation."""
    web = [sys.executable, "-m", "config.web", "--fd", str(listening), "--after", str(preparing)]
    return [
        Child("web", web, (listening, preparing)),
        Child("urgent", worker("urgent")),
        Child("reminder", worker("reminders")),
        Child("clock", [*CELERY, "beat", "--pidfile=", "--loglevel=WARNING"]),
        Child("watchdog", [sys.executable, "manage.py", "engine"]),
    ]


def worker(queue: str) -> list[str]:
    """The command of the worker of one queue; its name tells it from the others on this host."""
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    lane = [f"--queues={queue}", f"--hostname={queue}@%h", "--concurrency=1"]
    return [*CELERY, "worker", *lane, *alone, "--loglevel=WARNING"]


async def end(tasks: list[asyncio.Task[None]] | list[asyncio.Task[int]] | list[asyncio.Task]) -> None:  # type: ignore[type-arg]
    """Cancel, and wait until each has cleaned up after itself."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def listen(settings: Environment) -> socket.socket:
    """The socket that the web process serves, kept here while web is started again."""
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    try:
        return socket.create_server((settings.bind, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"PORT {settings.port} cannot be used: {os.strerror(error.errno or 0)}. Choose another, such as "
            f"PORT={settings.port + 1} make run"
        ) from None


@contextlib.contextmanager
def database(settings: Environment) -> Iterator[subprocess.Popen[bytes] | None]:
    """The embedded PostgreSQL, held for this installation; None where DATABASE_URL names another."""
    if settings.database_url:
        yield None
        return
    cluster = postgres.Cluster.at(settings.home)
    with cluster.held(say_waiting=lambda: say("", f"Waiting for another Allclear on {settings.home} to end")):
        yield cluster.launch()


def say(name: str, line: str) -> None:
    """One line on our output, which may be gone when our terminal is."""
    with contextlib.suppress(OSError):
        print(f"{name:8} | {line}" if name else line, flush=True)


def main() -> int:
    try:
        settings = environment.read()
        with listen(settings) as listening:
            environment.keep_key(settings)
            with database(settings) as server:
                return asyncio.run(run(settings, listening, server))
    except (ConfigurationError, postgres.PostgresError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
