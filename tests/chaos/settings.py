"""The product's settings; with CHAOS_LEASE leases last so many seconds, so that a short run sees them run out."""

from config.settings import *
from config.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.chaos.hurry.Hurry"]
