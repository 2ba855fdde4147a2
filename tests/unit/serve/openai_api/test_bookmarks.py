"""Names of bookmarks: those that an earlier release kept are found."""

from __future__ import annotations

import hashlib
import json

from batuta.core.message import Message
from batuta.serve.openai_api.bookmarks import digest


def test_a_name_is_the_hash_of_its_words_as_json() -> None:
    talk = [Message.user('Is "A"  free\n on ½?'), Message.assistant("Yes \\ 🎾.")]
    told = "asked", "batuta-d", "\x7f\ud800"
    plain = json.dumps([told, [["user", 'Is "A" free on ½?'], ["assistant", "Yes \\ 🎾."]]])
    assert digest(*told, talk=talk) == hashlib.sha256(plain.encode()).hexdigest()[:40]
    assert digest() == hashlib.sha256(b"[[], []]").hexdigest()[:40]
