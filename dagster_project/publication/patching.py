"""Bringing a big published table up to date by rewriting only the buckets whose rows changed.

A bucket is a day, a month or a share of the accounts. What changed is found by comparing contents,
not trusted to the build: a merge of accounts changes old days that no build rewrote. DuckDB only.
"""

import duckdb

#: Tables that grow with history, and the expression whose values cut them into buckets.
BUCKETS: dict[str, str] = {
    "fct_usage_days": "usage_date",
    "fct_mrr_movements": "period_month",
    "fct_mrr_product_movements": "period_month",
    "fct_tickets": "cast(date_trunc('month', created_at) as date)",
    "bridge_account_segments": "hash(account_id) % 4096",
    "icp_matches": "hash(account_id) % 4096",
}

#: When more of the rows changed, writing the whole table is quicker.
LARGEST_PATCH = 0.5


def patch_table(
    connection: duckdb.DuckDBPyConnection, origin: str, target: str, bucket: str
) -> bool:
    """Make `target` hold what `origin` holds, and give True.

    Gives False, with nothing changed, when `target` had better be written whole: other columns, a
    row without a bucket, or most rows changed.
    """
    columns = _columns(connection, origin)
    if columns != _columns(connection, target):
        return False
    total, changed, unbucketed = _compare(connection, origin, target, bucket, columns)
    if unbucketed or changed > total * LARGEST_PATCH:
        return False
    is_changed = f"{bucket} in (select bucket from changed_buckets)"
    connection.execute("begin")
    connection.execute(f"delete from {target} where {is_changed}")
    connection.execute(f"insert into {target} select * from {origin} where {is_changed}")
    if not _holds(connection, target, total):
        connection.execute("rollback")
        return False
    connection.execute("commit")
    return True


def _compare(
    connection: duckdb.DuckDBPyConnection,
    origin: str,
    target: str,
    bucket: str,
    columns: list[tuple[str, str]],
) -> tuple[int, ...]:
    """Write `changed_buckets`; give the rows of origin, those to rewrite, buckets that are null."""
    _fingerprint(connection, "origin_buckets", origin, bucket, columns)
    _fingerprint(connection, "target_buckets", target, bucket, columns)
    connection.execute(
        """
        create or replace temp table changed_buckets as
        select coalesce(origin.bucket, target.bucket) as bucket, coalesce(origin.n, 0) as n
        from origin_buckets as origin
        full join target_buckets as target on origin.bucket = target.bucket
        where origin.n is distinct from target.n or origin.digest is distinct from target.digest
        """
    )
    return _one(
        connection,
        """
        select
            (select coalesce(sum(n), 0) from origin_buckets),
            (select coalesce(sum(n), 0) from changed_buckets),
            (select count(*) from origin_buckets where bucket is null)
                + (select count(*) from target_buckets where bucket is null)
        """,
    )


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    try:
        rows = connection.execute(f"describe {relation}").fetchall()
    except duckdb.CatalogException:
        return []
    return [(row[0], row[1]) for row in rows]


def _fingerprint(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    relation: str,
    bucket: str,
    columns: list[tuple[str, str]],
) -> None:
    """Write rows and a digest per bucket; a sum of hashes does not depend on the rows' order."""
    names = ", ".join(column for column, _ in columns)
    connection.execute(
        f"""
        create or replace temp table {name} as
        select {bucket} as bucket, count(*) as n, sum(cast(hash({names}) as hugeint)) as digest
        from {relation} group by 1
        """
    )


def _holds(connection: duckdb.DuckDBPyConnection, relation: str, rows: int) -> bool:
    return _one(connection, f"select count(*) from {relation}")[0] == rows


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    return connection.execute(query).fetchall()[0]
