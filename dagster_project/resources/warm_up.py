"""Seconds of imports, done while another library computes outside of Python's lock."""

import importlib
import threading

#: What the gate needs first: about five seconds of imports that landing's SQL can hide.
GATE_IMPORTS = ("great_expectations.expectations",)


def load_in_background(*modules: str) -> None:
    """Import modules in a thread; who needs one earlier waits for it, as for any import."""

    def load() -> None:
        for module in modules:
            importlib.import_module(module)

    threading.Thread(target=load, name="warm-up", daemon=True).start()
