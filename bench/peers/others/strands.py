"""strands-agents: a Model of our own; its Graph for workflow, router and fan-out, its Swarm.

An Agent keeps its conversation and takes one caller at a time, so each session has one of its own.
"""

from strands import Agent, tool
from strands.models.model import Model
from strands.multiagent import GraphBuilder, Swarm

from bench.peers import tasks

SPENT, WROTE = tasks.TOKENS
SPENDING = {
    "usage": {"inputTokens": SPENT, "outputTokens": WROTE, "totalTokens": SPENT + WROTE},
    "metrics": {"latencyMs": 0},
}


class Fake(Model):
    def __init__(self, script, latency_s):
        self.script, self.latency_s = script, latency_s

    def update_config(self, **more):
        pass

    def get_config(self):
        return {}

    def structured_output(self, *others, **more):
        raise NotImplementedError

    async def stream(self, messages, tool_specs=None, system_prompt=None, **more):
        await tasks.pause(self.latency_s)
        results = sum("toolResult" in part for m in messages for part in m["content"])
        text = "\n".join(part.get("text", "") for part in messages[-1]["content"])
        said = self.script(text, results)
        if isinstance(said, tasks.Wish):
            start = {"toolUse": {"name": said.tool, "toolUseId": f"call_{results}"}}
            piece, reason = {"toolUse": {"input": said.json}}, "tool_use"
        else:
            start, piece, reason = {}, {"text": said.text}, "end_turn"
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": start}}
        yield {"contentBlockDelta": {"delta": piece}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": reason}}
        yield {"metadata": SPENDING}


def made(script=tasks.books, latency_s=0.0, tools=tasks.TOOLS, **options):
    return Agent(
        model=Fake(script, latency_s),
        system_prompt=tasks.INSTRUCTIONS,
        callback_handler=None,
        tools=[tool(each) for each in tools],
        **options,
    )


def text_of(result):
    return str(result).strip()


def answering(script=tasks.says_ok, latency_s=0.0, tools=()):
    """One agent whose conversation is dropped before each run."""
    one = made(script, latency_s, tools)

    async def answer(text=tasks.QUESTION):
        one.messages.clear()
        return text_of(await one.invoke_async(text))

    return answer


def agent(latency_s=0.0):
    if not latency_s:
        return answering(tasks.books, 0.0, tasks.TOOLS)

    async def run():
        return text_of(await made(tasks.books, latency_s).invoke_async(tasks.QUESTION))

    return run


def fan_out(count, latency_s):
    return tasks.gathered([answering(tasks.says_ok, latency_s) for _ in range(count)])


def said_in(result, name):
    return text_of(result.results[name].result)


def own_fan_out(count, latency_s):
    names = [f"a{n}" for n in range(count)]
    graph = GraphBuilder()
    for name in names:
        graph.add_node(made(tasks.says_ok, latency_s, ()), name)
        graph.set_entry_point(name)
    built = graph.reset_on_revisit(False).build()

    async def run():
        done = await built.invoke_async(tasks.QUESTION)
        return [said_in(done, name) for name in names]

    return run


def workflow():
    graph = GraphBuilder()
    for number in range(5):
        graph.add_node(made(tasks.says_ok, 0.0, ()), f"s{number}")
        if number:
            graph.add_edge(f"s{number - 1}", f"s{number}")
    graph.set_entry_point("s0")
    built = graph.build()

    async def run():
        return said_in(await built.invoke_async(tasks.QUESTION), "s4")

    return run


def router():
    def labelled(label):
        return lambda state: said_in(state, "classify") == label

    graph = GraphBuilder()
    graph.add_node(made(tasks.labels, 0.0, ()), "classify")
    for label in ("booking", "support"):
        graph.add_node(made(tasks.says_ok, 0.0, ()), label)
        graph.add_edge("classify", label, condition=labelled(label))
    graph.set_entry_point("classify")
    built = graph.build()

    async def run():
        return said_in(await built.invoke_async(tasks.QUESTION), "booking")

    return run


def reflection():
    return tasks.improved(answering(tasks.drafts), answering(tasks.judges))


def handoffs():
    def script(number):
        wished = {"agent_name": f"a{number + 1}", "message": "go"}
        once = tasks.hands_over_once("handoff_to_agent", **wished)
        return once if number < 3 else tasks.says_ok

    agents = [made(script(number), 0.0, (), name=f"a{number}") for number in range(4)]
    swarm = Swarm(agents, entry_point=agents[0])

    async def run():
        return said_in(await swarm.invoke_async(tasks.QUESTION), "a3")

    return run
