"""What stands beside a Bedrock Agent at AWS: its guardrail and its knowledge bases.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_GuardrailConfiguration.html
and API_agent_AssociateAgentKnowledgeBase.html, read 2025-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batuta.errors import ConfigError

_GUARDRAIL = re.compile(r"[a-z0-9]+|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:guardrail/[a-z0-9]+")
_VERSION = re.compile(r"[1-9]\d{0,7}|DRAFT")
_KNOWLEDGE_BASE = re.compile(r"[0-9a-zA-Z]{10}")
_LONGEST_USE = 200
_USE = "Look here for what the instructions do not say."


@dataclass(frozen=True, kw_only=True, slots=True)
class Guardrail:
    """A guardrail of Bedrock, which checks what goes in and what comes out.

    Args:
        guardrail: Its id or ARN.
        version: A number, or DRAFT.
    """

    guardrail: str
    version: str

    def to_json(self) -> dict[str, str]:
        """Turn into JSON-able data, whose keys are the arguments."""
        return {"guardrail": self.guardrail, "version": self.version}


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowledgeBase:
    """A knowledge base of Bedrock.

    Args:
        knowledge_base: Its id.
        use: Tells the agent what to look for there.
    """

    knowledge_base: str
    use: str = _USE

    def to_json(self) -> dict[str, str]:
        """Turn into JSON-able data, whose keys are the arguments."""
        return {"knowledge_base": self.knowledge_base, "use": self.use}


def read_guardrail(text: str) -> Guardrail | None:
    """Read ``id:version`` or ``arn:version``; None where it is empty.

    Raises:
        ConfigError: It is neither.

    >>> read_guardrail("gr1abc2def:3")
    Guardrail(guardrail='gr1abc2def', version='3')
    """
    if not text.strip():
        return None
    name, _, version = text.strip().rpartition(":")
    if not (_GUARDRAIL.fullmatch(name) and _VERSION.fullmatch(version)):
        raise ConfigError(
            f"Setting bedrock.guardrail is {text!r}",
            "Write BATUTA_BEDROCK_GUARDRAIL as ID:VERSION, where VERSION is a number or DRAFT.",
        )
    return Guardrail(guardrail=name, version=version)


def read_knowledge_bases(text: str) -> tuple[KnowledgeBase, ...]:
    """Read ``ID: what to look for there``, one after the other with semicolons.

    Raises:
        ConfigError: One has no such id, tells too much, or stands there twice.

    >>> [each.use for each in read_knowledge_bases("KB12345678: rules of the club; KB87654321")]
    ['rules of the club', 'Look here for what the instructions do not say.']
    """
    made: dict[str, KnowledgeBase] = {}
    for each in filter(None, map(str.strip, text.split(";"))):
        name, _, use = (part.strip() for part in each.partition(":"))
        if not _KNOWLEDGE_BASE.fullmatch(name):
            raise _wrong(each, "is no id of ten letters and digits")
        if len(use) > _LONGEST_USE:
            raise _wrong(name, f"tells {len(use)} characters; AWS takes at most {_LONGEST_USE}")
        if name in made:
            raise _wrong(name, "stands there twice")
        made[name] = KnowledgeBase(knowledge_base=name, use=use or _USE)
    return tuple(made.values())


def _wrong(which: str, said: str) -> ConfigError:
    return ConfigError(
        f"Setting bedrock.knowledge_bases: {which!r} {said}",
        "Write BATUTA_BEDROCK_KNOWLEDGE_BASES as ID: what to look for there; ID2: …",
    )
