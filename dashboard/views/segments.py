"""One metric in every segment, with its interval and what it was computed from."""

from dashboard.segments import render
from dashboard.shell import show

show(render)
