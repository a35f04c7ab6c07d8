"""The checks of the published version, and the rows that were rejected."""

from dashboard.quality import render
from dashboard.shell import show

show(render)
