"""Python's search for garbage, made seldom: what the libraries load lives as long as the run."""

import atexit
import gc


def search_seldom() -> None:
    """Look for cycles to free after 100,000 allocations, not 700, and not at the very end.

    With Python's own numbers Dagster, dbt and Great Expectations are looked over for three seconds
    of a run, and once more, for a second and a half, when it ends.
    """
    gc.set_threshold(100_000, 50, 100)
    atexit.register(gc.freeze)
