"""A later version of the asking App: it has one composition more."""

from __future__ import annotations

from dataclasses import replace

from tests.e2e.asking_app import app as before

app = replace(
    before,
    compositions={**before.compositions, "later": before.compositions["front-desk"]},
)
