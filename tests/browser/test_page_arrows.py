"""The page draws what every other diagram draws: one walk in Python, one in the page."""

from __future__ import annotations

from typing import Any

from batuta.core.trace import Event
from batuta.telemetry.arrows import arrows
from tests.browser.conftest import Open, Visit
from tests.browser.test_page_flows import answered, pane, say

_WALK = """async (events) => {
    const main = document.querySelector("script[type=module]").src;
    const { Walk } = await import(new URL("arrows.js", main).href);
    const walk = new Walk();
    events.forEach((event) => walk.take(event));
    walk.cut();
    return walk.rows.map((row) => [row.shape, row.source.kind, row.source.name.toLowerCase(),
        row.target.kind, row.target.name.toLowerCase(), row.event.by, row.call, row.around]);
}"""


async def _drawn(tab: Visit, events: list[dict[str, Any]]) -> list[list[Any]]:
    return await tab.page.evaluate(_WALK, events)


def _ours(events: list[dict[str, Any]]) -> list[list[Any]]:
    named = {"User": "you"}
    return [
        [
            each.shape,
            *(each.source.kind, named.get(each.source.name, each.source.name).lower()),
            *(each.target.kind, named.get(each.target.name, each.target.name).lower()),
            *(each.event.by, each.call, each.around),
        ]
        for each in arrows([Event.from_json(event) for event in events])
    ]


async def test_page_and_package_draw_the_same_arrows(visit: Open) -> None:
    tab = await visit()
    await pane(tab.page, 4).get_by_label("What answers in pane 4").select_option("f")
    await say(tab.page, "Which courts are free on Saturday morning?", to="to pane 4")
    await answered(tab.page, 4)
    run_id = await pane(tab.page, 4).locator(".menu .id").text_content()
    events = (await (await tab.page.request.get(f"/runs/{run_id}")).json())["events"]
    point = {"phase": "point", "name": "odd", "by": "code", "at_s": 1.0}
    odd = [
        {**events[0], "seq": 0},
        {"seq": 1, "kind": "retry", "span": "1.2.retry", "parent": "1", **point},
        {"seq": 2, "kind": "decision", "span": "1.9.1", "parent": "1.9", **point},
        {**events[-1], "seq": 3, "span": "7.7", "parent": "7", "error": "ModelTimeout: late"},
        {**events[1], "seq": 4},
    ]

    for each in (events, odd, []):
        assert await _drawn(tab, each) == _ours(each)
