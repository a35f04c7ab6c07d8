"""Retention of cohorts by age, for one segment at a time."""

from dashboard.retention import render
from dashboard.shell import show

show(render)
