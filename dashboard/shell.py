"""What every page shares: opening the published file, the banner, and the page when it fails."""

from collections.abc import Callable

import duckdb
import streamlit as st

from dagster_project.formats import plain
from dagster_project.resources.settings import Settings
from dashboard.account import show_account
from dashboard.freshness import Freshness, ago, assess, run_status
from dashboard.reader import Published, fingerprint


def show(render: Callable[[Published], None]) -> None:
    """Draw one page; an address with `?account=<account_id>` draws that account instead."""
    settings = Settings.from_environment()
    seen = fingerprint(settings.published)
    if seen is None:
        _nothing_published(settings)
        return
    try:
        with Published(settings.published) as published:
            _banner(assess(published.publication, run_status(settings)))
            _watch(settings, seen)
            account_id = st.query_params.get("account")
            if account_id:
                show_account(published, account_id)
            else:
                render(published)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        st.error(
            "The published file was made by another version of the models. Run `icp run`, then"
            f" reload this page. DuckDB says: {plain(str(error).splitlines()[0])}"
        )
    except duckdb.IOException as error:
        st.error(f"The published file cannot be opened: {plain(error)}")


def _nothing_published(settings: Settings) -> None:
    st.title("Nothing is published yet", anchor=False)
    st.markdown(
        "The dashboard shows the last version that passed every check, and there is none."
        " Make one, then reload this page:"
    )
    st.code("make run", language="bash")
    st.caption(
        f"Looked for {plain(settings.published)}. If a run ended without publishing,"
        " `icp status` says why. ICP\\_DATA\\_DIR and ICP\\_HOME choose another folder."
    )


def _banner(freshness: Freshness) -> None:
    published = "at an unknown time"
    if freshness.published_at is not None and freshness.age is not None:
        moment = freshness.published_at.strftime("%Y-%m-%d %H:%M")
        published = f"{moment} UTC, {ago(freshness.age)} ago"
    line = (
        f"Data as of **{plain(freshness.as_of_date)}**, published {plain(published)},"
        f" version {plain(freshness.version)}."
    )
    if freshness.is_stale:
        why = " ".join(plain(reason) for reason in freshness.reasons)
        st.warning(f"**Stale.** {why or 'The last run did not publish.'} {line}")
    else:
        st.info(f"**Fresh.** {line}")
    if freshness.running:
        st.caption(plain(freshness.running))


@st.fragment(run_every="60s")
def _watch(settings: Settings, seen: tuple[int, int]) -> None:
    """Redraw the page when a newer version was published while it was being looked at."""
    if fingerprint(settings.published) not in (None, seen):
        st.rerun()
