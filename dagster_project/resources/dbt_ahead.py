"""dbt with its imports and its parse of the project behind it before it is asked to build.

Both take seconds that `icp run` spends on imports and on landing files anyway. So the first thing
it does is to start a process (`serve`) that gets ready and waits. A first run takes the manifest
from it too (`fetch_parse`). Dagster starts `icp-dbt` as its dbt: that passes its command on to the
process that waits, or becomes plain dbt where none does, as under `icp dev`. The gate asks the same
process, without `icp-dbt` (`run_waiting`).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from dagster_project.resources.garbage import search_seldom

#: What it says when it can take a command.
_READY = b"r"
#: Where, for `icp-dbt`, a dbt waits: the path of a socket.
_WAITING = "ICP_DBT_AHEAD"


@contextmanager
def waiting_dbt(build_folder: Path, *parse: str) -> Iterator[None]:
    """Have a dbt get ready for commands; end it afterwards. Where that fails, do without.

    It parses with these arguments, in a folder of its own, from the parse that the build's folder
    holds. Sees the environment as it is now: what dbt parses with must be the same for the command.
    With `--no-write-json` among them, nobody can fetch its manifest.
    """
    # not in the data folder: the path of a socket may have a hundred characters
    folder = Path(tempfile.mkdtemp(prefix="icp-dbt-"))
    try:
        process = _start(folder, build_folder, parse)
    except (OSError, AttributeError):  # a system without such sockets, or a path that is too long
        process = None
    try:
        yield
    finally:
        os.environ.pop(_WAITING, None)
        if process:
            process.kill()
            process.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, build_folder: Path, parse: tuple[str, ...]) -> subprocess.Popen[bytes]:
    from dagster_project.resources.dbt import KEPT_PARSE  # heavier than `icp-dbt` may be

    if (build_folder / KEPT_PARSE).exists():
        shutil.copyfile(build_folder / KEPT_PARSE, folder / KEPT_PARSE)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(1)
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-u", "-m", __name__, str(listener.fileno()), str(folder), *parse],
            stdin=subprocess.PIPE,
            # what goes wrong before a command comes, plain dbt will say instead
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            # Ctrl-C reaches it through the command that it works for
            start_new_session=True,
        )
    os.environ[_WAITING] = str(folder / "socket")
    return process


def fetch_parse(folder: Path) -> bool:
    """Wait for the parse of the dbt that gets ready, copy it to a folder; say whether it is there.

    It is not where no dbt gets ready, where its parse failed, and where it writes no manifest.
    """
    address = os.environ.get(_WAITING)
    if address is None:
        return False
    with socket.socket(socket.AF_UNIX) as waiting, suppress(OSError):
        waiting.connect(address)
        waiting.recv(1)
    from dagster_project.resources.dbt import KEPT_PARSE, MANIFEST

    made = [Path(address).with_name(name) for name in (KEPT_PARSE, MANIFEST)]
    if not all(path.exists() for path in made):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for path in made:
        # with its time: a file edited since is newer than the manifest
        shutil.copy2(path, folder / path.name)
    return True


def is_one_waiting() -> bool:
    """Say whether a dbt was started that takes commands of this process."""
    return _WAITING in os.environ


def run_waiting(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Have the dbt that waits run a command; say whether one waited, and came to the end of it.

    What came of it is in dbt's files; what dbt prints is lost.
    """
    address = os.environ.get(_WAITING)
    if address is None:
        return False
    with socket.socket(socket.AF_UNIX) as waiting, Path(os.devnull).open("w") as nowhere:
        outputs = [nowhere.fileno()] * 2
        return _greeted(waiting, address) and bool(
            _pass_on(waiting, arguments, environment, outputs)
        )


def main() -> None:
    """Be dbt: the one that waits for a command, or a new one."""
    address = os.environ.pop(_WAITING, None)
    if address is None:
        _become_dbt()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with socket.socket(socket.AF_UNIX) as waiting:
        if not _greeted(waiting, address):  # it could not get ready
            _become_dbt()
        try:
            code = _pass_on(waiting, sys.argv[1:], os.environ, [1, 2])
        except BaseException:
            # whoever stopped this may open the warehouse next: not before it is let go
            with suppress(OSError):
                waiting.shutdown(socket.SHUT_WR)
                waiting.recv(1)
            raise
    if not code:
        sys.exit("The process that ran dbt has ended. Run again; if it does so again, report it.")
    sys.exit(code[0])


def _greeted(waiting: socket.socket, address: str) -> bool:
    """Wait until the dbt at an address can take a command; say whether there is one."""
    with suppress(OSError):
        waiting.connect(address)
        return waiting.recv(1) == _READY
    return False


def _pass_on(
    waiting: socket.socket,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    outputs: Sequence[int],
) -> bytes:
    """Hand over a command and where it prints; give its exit code, nothing if dbt has died."""
    command = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "cwd": str(Path.cwd()),
    }
    with suppress(ConnectionError):
        socket.send_fds(waiting, [b"\n"], outputs)
        waiting.sendall(json.dumps(command).encode() + b"\n")
        return waiting.recv(1)
    return b""


def _become_dbt() -> NoReturn:
    os.execvp("dbt", ["dbt", *sys.argv[1:]])  # noqa: S606, S607 - found as Dagster would find it


def serve(listening: int, folder: Path, *parse: str) -> None:
    """Get ready; run commands that come at a listening socket, one at a time.

    Who calls without a command only waits for the parse. Ends at once when whoever started it, or
    the caller whose command runs, is gone: a dbt that nobody reads would hold the warehouse.
    """
    _end_after(sys.stdin.fileno(), folder)
    search_seldom()
    from dbt.cli.main import dbtRunner

    from dagster_project.resources import dbt as project

    known = project.file_times()
    flags = ["--quiet", "--log-level", "none"]
    places = ["--target-path", str(folder), "--log-path", str(folder)]
    manifest = dbtRunner().invoke([*flags, "parse", *places, *parse]).result
    with socket.socket(fileno=listening) as listener:
        while True:
            caller, _ = listener.accept()
            with caller, suppress(ConnectionError):  # a caller that did not wait
                caller.sendall(_READY)
                _, outputs, _, _ = socket.recv_fds(caller, 1, 2)
                if outputs:
                    # the run notes which code it builds: now's, never of a parse before an edit
                    is_current = project.file_times() == known
                    _run_for(caller, outputs, folder, manifest if is_current else None)


def _run_for(caller: socket.socket, outputs: list[int], folder: Path, manifest: Any) -> None:
    """Run the command that a caller sends, on its outputs; tell it the exit code."""
    text = b""
    while not text.endswith(b"\n"):
        text += caller.recv(1 << 16) or sys.exit(1)
    command = json.loads(text)
    is_done = threading.Event()
    _end_after(caller.fileno(), folder, unless=is_done)
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["cwd"])
    for output, descriptor in zip(outputs, (1, 2), strict=True):
        os.dup2(output, descriptor)
        os.close(output)
    code = _run(command["arguments"], manifest)
    # a caller reads its output to the end: nobody else may hold it open
    with Path(os.devnull).open("w") as nowhere:
        for descriptor in (1, 2):
            os.dup2(nowhere.fileno(), descriptor)
    is_done.set()
    with suppress(OSError):  # a caller that was stopped just now
        caller.sendall(bytes([code]))
        caller.shutdown(socket.SHUT_RDWR)


def _run(arguments: list[str], manifest: Any) -> int:
    """Run one command, and give the exit code that dbt itself would end with."""
    from dbt.cli.exceptions import DbtUsageException
    from dbt.cli.main import dbtRunner

    from dagster_project.resources.dbt import released_connections

    # dbt makes JSON of every event before it drops those of a lower level: a seventh of its time
    is_json = os.environ.get("DBT_LOG_FORMAT") == "json"
    if is_json:
        os.environ["DBT_LOG_LEVEL"] = "none"
    with released_connections():
        answer = dbtRunner(manifest, [_print_event] if is_json else []).invoke(arguments)
    if isinstance(answer.exception, DbtUsageException):  # the one error that dbt does not log
        print(answer.exception, file=sys.stderr)
    sys.stdout.flush()
    # 1 when something failed, 2 when it could not run
    return 0 if answer.success else 2 if answer.exception else 1


def _print_event(message: Any) -> None:
    """Print what dbt would print as JSON at its level of `info`: Dagster's reading."""
    if message.info.level in {"debug", "test"}:
        return
    from dbt_common.events.functions import env_scrubber, msg_to_dict

    line = env_scrubber(json.dumps(msg_to_dict(message), default=str))
    # in one piece: events come from several threads
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _end_after(descriptor: int, folder: Path, unless: threading.Event | None = None) -> None:
    """End this process, its folder too, when nobody is left at the other end of the descriptor."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(descriptor, 1):
                pass
        if not (unless and unless.is_set()):
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
