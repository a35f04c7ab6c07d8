"""dbt with its imports and its parse of the project behind it before it is asked to build.

Both take seconds that `icp run` spends on landing files anyway. So it starts a process (`serve`)
that gets ready and waits. Dagster starts `icp-dbt` as its dbt: that passes its command on to the
process that waits, or becomes plain dbt where none does, as under `icp dev`.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dagster_project.resources.garbage import search_seldom

#: What it says when it can take a command.
_READY = b"r"
#: Where, for `icp-dbt`, a dbt waits: the path of a socket.
_WAITING = "ICP_DBT_AHEAD"


@contextmanager
def waiting_dbt(*parse: str) -> Iterator[None]:
    """Have a dbt get ready for one command, with these arguments of its parse; end it afterwards.

    Sees the environment as it is now: what dbt parses with must be the same for the command.
    """
    if not hasattr(socket, "AF_UNIX"):
        yield
        return
    # not in the data folder: the path of a socket may have a hundred characters
    with tempfile.TemporaryDirectory(prefix="icp-dbt-") as folder:
        address = str(Path(folder) / "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen(1)
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-u", "-m", __name__, str(listener.fileno()), *parse],
                stdin=subprocess.PIPE,
                # what goes wrong before a command comes, plain dbt will say instead
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                # Ctrl-C reaches it through the command that it works for
                start_new_session=True,
            )
        os.environ[_WAITING] = address
        try:
            yield
        finally:
            os.environ.pop(_WAITING, None)
            process.kill()
            process.communicate()


def main() -> None:
    """Be dbt: the one that waits for a command, or a new one."""
    address = os.environ.pop(_WAITING, None)
    if address is None:
        _become_dbt()
    with socket.socket(socket.AF_UNIX) as waiting:
        try:
            waiting.connect(address)
            is_ready = waiting.recv(1) == _READY
        except OSError:
            is_ready = False
        if not is_ready:  # it had its command, or could not get ready
            _become_dbt()
        socket.send_fds(waiting, [b"\n"], [1, 2])
        command = {
            "arguments": sys.argv[1:],
            "environment": dict(os.environ),
            "cwd": str(Path.cwd()),
        }
        waiting.sendall(json.dumps(command).encode() + b"\n")
        code = waiting.recv(1)
    if not code:
        sys.exit("The process that ran dbt has ended. Run again; if it does so again, report it.")
    sys.exit(code[0])


def _become_dbt() -> None:
    os.execvp("dbt", ["dbt", *sys.argv[1:]])  # noqa: S606, S607 - found as Dagster would find it


def serve(listening: int, *parse: str) -> None:
    """Get ready, take one command at a listening socket, run it on the caller's output, and end.

    Ends at once when whoever started it, or the caller, is gone: a dbt that nobody reads would hold
    the warehouse.
    """
    _end_after(sys.stdin.fileno())
    from dbt.cli.main import dbtRunner

    manifest = dbtRunner().invoke(["--quiet", "--log-level", "none", "parse", *parse]).result
    search_seldom()
    with socket.socket(fileno=listening) as listener:
        caller, _ = listener.accept()
    caller.sendall(_READY)
    _, outputs, _, _ = socket.recv_fds(caller, 1, 2)
    text = b""
    while not text.endswith(b"\n"):
        text += caller.recv(1 << 16) or sys.exit(1)
    command = json.loads(text)
    _end_after(caller.fileno())
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["cwd"])
    for output, descriptor in zip(outputs, (1, 2), strict=True):
        os.dup2(output, descriptor)
    answer = dbtRunner(manifest=manifest).invoke(command["arguments"])
    sys.stdout.flush()
    # as dbt itself ends: 1 when something failed, 2 when it could not run
    caller.sendall(bytes([0 if answer.success else 2 if answer.exception else 1]))


def _end_after(descriptor: int) -> None:
    """End this process when nobody is left at the other end of the descriptor."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(descriptor, 1):
                pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
