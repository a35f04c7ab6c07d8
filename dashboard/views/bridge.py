"""From one definition of a metric to another."""

from dashboard.bridge import render
from dashboard.shell import show

show(render)
