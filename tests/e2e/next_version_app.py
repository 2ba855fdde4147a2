"""The asking App on a Batuta that records durable runs in another way."""

from __future__ import annotations

from batuta.runtimes.durable import versions
from tests.e2e.asking_app import app as before

versions.VERSION = "2"
app = before
