"""Estimates what a thousand conversations cost on AWS: the table of deploy/README.md.

    batuta demo --json | python scripts/deploy_cost.py

Tokens and calls are the demo's; without a model of one's own they are the offline stand-in's, whose
tokens are estimates. Prices are lists of US East (N. Virginia) in US dollars, read 2025-11:
https://aws.amazon.com/lambda/pricing/, /api-gateway/pricing/, /dynamodb/pricing/on-demand/,
/cloudwatch/pricing/, /xray/pricing/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from genai_prices import Usage, calc_price

GB_SECOND = 0.0000133334  # arm64
FUNCTION_CALL = 0.20 / 1e6
API_CALL = 1.00 / 1e6
WRITE_UNIT, READ_UNIT = 0.625 / 1e6, 0.125 / 1e6
LOG_GB, TRACE = 0.50, 5.00 / 1e6

# Assumed, not measured: no model was asked and no function ran on AWS.
MODEL_CALL_S = 2.0
OWN_WORK_S = 0.2
TURN_WRITES, TURN_READS = 20, 10
LOG_KB = 4

MODELS = (
    ("gpt-5-mini", "openai", "gpt-5-mini"),
    ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "aws", "Claude Haiku 4.5 on Bedrock, EU"),
)
MEMORY_GB = {"e": 1.0, "f": 1.0, "g": 1.0}
APART = ("c", "g")
"""Here the coordinator waits while another function works: both are paid for."""


def main() -> None:
    """Print the table."""
    told: Mapping[str, Any] = json.load(sys.stdin)
    print(f"| style | model calls | tokens in, out | AWS | {' | '.join(m[2] for m in MODELS)} |")
    print("|---|---|---|---|" + "---|" * len(MODELS))
    for style in told["styles"]:
        conversations = len(style["scenarios"])
        per_1000 = 1000 / conversations
        calls = style["model_calls"] * per_1000
        tokens = (style["input_tokens"] * per_1000, style["output_tokens"] * per_1000)
        turns = sum(len(each["turns"]) for each in style["scenarios"]) * per_1000
        cells = [
            style["style"].upper(),
            f"{calls / 1000:.1f}",
            f"{tokens[0] / 1000:,.0f}, {tokens[1] / 1000:,.0f}",
            f"${_aws(style['style'], turns, calls):.2f}",
            *(f"${_model(name, vendor, tokens):.2f}" for name, vendor, _ in MODELS),
        ]
        print(f"| {' | '.join(cells)} |")


def _aws(style: str, turns: float, calls: float) -> float:
    seconds = turns * OWN_WORK_S + calls * MODEL_CALL_S
    memory = MEMORY_GB.get(style, 0.5)
    work = seconds * memory * GB_SECOND * (2 if style in APART else 1)
    invocations = turns + (calls if style in APART else 0)
    table = turns * (TURN_WRITES * WRITE_UNIT + TURN_READS * READ_UNIT)
    watching = turns * (LOG_KB / 1e6 * LOG_GB + TRACE)
    return work + invocations * FUNCTION_CALL + turns * API_CALL + table + watching


def _model(name: str, vendor: str, tokens: tuple[float, float]) -> float:
    usage = Usage(input_tokens=round(tokens[0]), output_tokens=round(tokens[1]))
    return float(calc_price(usage, model_ref=name, provider_id=vendor).total_price)


if __name__ == "__main__":
    main()
