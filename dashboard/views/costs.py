"""CAC and payback by segment."""

from dashboard.costs import render
from dashboard.shell import show

show(render)
