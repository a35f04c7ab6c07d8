"""The first page: headline numbers, MRR by month, accounts by tier."""

from dashboard.overview import render
from dashboard.shell import show

show(render)
