"""Finding an account; the account itself is at `?account=<account_id>`."""

from dashboard.finder import render
from dashboard.shell import show

show(render)
