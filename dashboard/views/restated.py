"""Published values that changed since."""

from dashboard.restated import render
from dashboard.shell import show

show(render)
