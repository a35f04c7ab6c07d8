"""Time-to-event curves by segment."""

from dashboard.curves import render
from dashboard.shell import show

show(render)
