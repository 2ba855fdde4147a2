"""What a vendor's words mean, in the wordings that servers are known to use.

They stand in ``complaints.jsonl``, read 2026-11 in the vendors' pages of errors and the public
trackers of the servers. No two say a thing alike, and a pattern that fits one too many is as wrong
as one that fits none: so what is merely rejected stands there too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batuta.models.vendors.complaint_body import ComplaintBody
from batuta.models.vendors.complaints import complaint_of

SAID: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("complaints.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said['means']}-{said['status']}")
def test_a_complaint_means_what_it_says(said: dict[str, Any]) -> None:
    read = ComplaintBody(said["body"])
    status = read.status if said["status"] is None else said["status"]
    assert complaint_of(status, read.names, read.text) == said["means"], read.text


def test_a_text_in_angle_brackets_is_no_html() -> None:
    assert ComplaintBody("<400> Range of input length").text == "<400> Range of input length"
    for page in ("<html>", "<!DOCTYPE html>", "<?xml version='1.0'?>", "<h1>502</h1>", "<center>"):
        assert ComplaintBody(page).text == "the answer is HTML, not JSON"
