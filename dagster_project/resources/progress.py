"""What a run says while it works: one logger, shown by the terminal and kept by Dagster."""

import logging

#: dagster.yaml names this logger under `python_logs`, so its lines are in the run's event log.
progress = logging.getLogger("icp")
