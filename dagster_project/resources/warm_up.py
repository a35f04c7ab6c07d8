"""Seconds of imports, done while another library computes outside of Python's lock."""

import importlib
import threading

#: What the gate needs first: about five seconds of imports that landing's SQL can hide.
GATE_IMPORT = "great_expectations.expectations"


def load_in_background(module: str) -> None:
    """Import a module in a thread; who needs it earlier waits for it, as for any import."""
    threading.Thread(
        target=importlib.import_module, args=[module], name="warm-up", daemon=True
    ).start()
