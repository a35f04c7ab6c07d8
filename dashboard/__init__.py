"""The BI pages on the published database. They read it, and nothing else."""
