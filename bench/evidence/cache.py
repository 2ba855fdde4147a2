"""What a vendor's prompt cache gives one agent, and what it gives workflows and managers.

Source: Rethinking the Value of Multi-Agent Workflow, arXiv 2601.12307: one agent in one
conversation matches a workflow of the same model, and is cheaper where its cache is used again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from batuta import ModelReply, ModelRequest
from batuta.core.model import Emit, ignore
from batuta.core.scenario import Scenario
from batuta.lab.deeds import do
from batuta.lab.scenario_file import read_scenarios
from batuta.lab.stands import NOW, at_its_day, fresh_app
from batuta.lab.statistics import bootstrap
from batuta.lab.talks import Talking
from batuta.offline.model import OfflineModel
from batuta.settings import Settings
from batuta.wiring import assistant, open_app
from batuta.wiring.clock import clock_at
from bench.evidence.finding import Study

STYLES, KINDS = "abdef", ("plain", "several turns", "correction", "taken slot")
CHARACTERS_A_TOKEN, CACHED_PRICE = 4, 0.1


@dataclass(kw_only=True)
class Remembered:
    """The offline rules, and what each request has in common with an earlier one."""

    inner: OfflineModel = field(default_factory=OfflineModel)
    seen: list[str] = field(default_factory=list[str])
    sent: int = 0
    cached: int = 0

    @property
    def name(self) -> str:
        """Give the name of the rules."""
        return self.inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer, and count what a cache would have known."""
        text = written(request)
        self.sent += len(text)
        self.cached += max((in_common(text, each) for each in self.seen), default=0)
        self.seen.append(text)
        return await self.inner.reply(request, emit)


def in_common(text: str, other: str) -> int:
    """Count the characters that two texts begin with alike."""
    low, high = 0, min(len(text), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[:middle] == other[:middle] else (low, middle - 1)
    return low


def written(request: ModelRequest) -> str:
    """Write a request in the order in which vendors cache it: tools, instructions, talk."""
    tools = [[t.name, t.description, dict(t.parameters)] for t in request.tools]
    shape = None if request.output is None else dict(request.output.schema)
    talk = [
        [m.role, m.text, [[c.name, dict(c.arguments)] for c in m.tool_calls]]
        for m in request.messages
    ]
    return json.dumps([tools, shape, talk], default=str)


async def study() -> Study:
    """Hold the club's conversations under each style, and price them with and without a cache."""
    scenarios = [each for each in read_scenarios("tennis") if each.kind in KINDS]
    sent: dict[str, list[float]] = {}
    paid: dict[str, list[float]] = {}
    for style in STYLES:
        for scenario in scenarios:
            model = await _held(style, scenario)
            tokens = model.sent / CHARACTERS_A_TOKEN
            saved = (1 - CACHED_PRICE) * model.cached / CHARACTERS_A_TOKEN
            sent.setdefault(style, []).append(tokens)
            paid.setdefault(style, []).append(tokens - saved)
    rows = [
        (
            style.upper(),
            f"{fmean(sent[style]):,.0f}",
            f"{fmean(paid[style]):,.0f}",
            f"{1 - fmean(paid[style]) / fmean(sent[style]):.0%}",
            _times(sent["d"], sent[style]),
            _times(paid["d"], paid[style]),
        )
        for style in STYLES
    ]
    names = f"{len(scenarios)} conversations ({', '.join(KINDS)})"
    return Study(
        title="One agent against workflows, with a prompt cache (arXiv 2601.12307)",
        words=[_WORDS.format(names=names, price=CACHED_PRICE), _said(sent, paid)],
        head=(
            *("style", "input tokens", "priced with a cache", "saved"),
            *("times D's, without", "times D's, with a cache"),
        ),
        rows=rows,
    )


async def _held(style: str, scenario: Scenario) -> Remembered:
    model = Remembered()
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), now=scenario.now or NOW)
        async with fresh_app(await open_app("tennis", settings), Path(folder)) as app:
            clock = clock_at(settings.now, app.time_zone)
            day = at_its_day(scenario, app, clock)
            await do(app, day.before, clock, what=scenario.name)
            async with assistant(app, style, settings=settings, clock=clock, model=model) as held:
                await Talking(assistant=held, scenario=day, seed=1, read=app.state_reader).hold()
    return model


def _times(base: Sequence[float], other: Sequence[float]) -> str:
    found = bootstrap({str(n): [b - a] for n, (a, b) in enumerate(zip(base, other, strict=True))})
    if found is None:
        raise SystemExit("There are no conversations.")
    own, mean = found[0], fmean(base)
    low, value, high = (1 + each / mean for each in (own.low, own.value, own.high))
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def _said(sent: dict[str, list[float]], paid: dict[str, list[float]]) -> str:
    ratios = {
        style: (fmean(sent[style]) / fmean(sent["d"]), fmean(paid[style]) / fmean(paid["d"]))
        for style in "bf"
    }
    grows = [style.upper() for style, (before, after) in ratios.items() if after > before]
    told = "; ".join(
        f"{style.upper()} costs {before:.2f} times D without a cache and {after:.2f} with one"
        for style, (before, after) in ratios.items()
    )
    which = f"for {' and '.join(grows)}" if grows else "for none of them"
    return (
        f"{told}. That one conversation gains more by a cache than several agents do, as "
        f"published, comes out {which}. That it answers as well is not tested here: the rules "
        "read the same words alike under every style."
    )


_WORDS = """\
{names}, held with the offline rules, so that every style gets the same answers. What a request has
in common with an earlier one of the same conversation, from its beginning, is priced at {price} of
other input, as vendors do; tools come first, then instructions, then the talk. Assumed: a quarter
of the characters is the tokens, the cache has no least length and forgets nothing within a
conversation. Nothing is shared between conversations."""
