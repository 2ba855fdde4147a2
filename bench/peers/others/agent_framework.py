"""agent-framework: a chat client of our own with its usual layers; its orchestration builders.

A Workflow keeps its agents' conversations, so each run builds one anew of the same agents.
"""

from itertools import pairwise

from agent_framework import (
    Agent,
    BaseChatClient,
    Case,
    ChatMiddlewareLayer,
    ChatResponse,
    Content,
    Default,
    FunctionInvocationLayer,
    Message,
    WorkflowBuilder,
    WorkflowContext,
    executor,
    tool,
)
from agent_framework.observability import ChatTelemetryLayer, disable_instrumentation
from agent_framework.orchestrations import ConcurrentBuilder, HandoffBuilder, SequentialBuilder

from bench.peers import tasks

disable_instrumentation()


class Fake(FunctionInvocationLayer, ChatMiddlewareLayer, ChatTelemetryLayer, BaseChatClient):
    def __init__(self, script, latency_s):
        super().__init__()
        self.script, self.latency_s = script, latency_s

    def _inner_get_response(self, *, messages, stream, options, **more):
        async def reply():
            await tasks.pause(self.latency_s)
            results = sum(message.role == "tool" for message in messages)
            said = self.script(messages[-1].text, results)
            if isinstance(said, tasks.Wish):
                part = Content.from_function_call(f"call_{results}", said.tool, arguments=said.json)
            else:
                part = Content.from_text(said.text)
            message = Message(role="assistant", contents=[part])
            return ChatResponse(messages=[message], response_id="r")

        return reply()


def made(script=tasks.books, latency_s=0.0, tools=tasks.TOOLS, *, name="booker", **options):
    return Agent(
        Fake(script, latency_s),
        tasks.INSTRUCTIONS,
        name=name,
        id=name,
        tools=[tool(each, approval_mode="never_require") for each in tools] or None,
        **options,
    )


def answering(script=tasks.says_ok, latency_s=0.0, tools=()):
    one = made(script, latency_s, tools)

    async def answer(text=tasks.QUESTION):
        return (await one.run(text)).text

    return answer


def agent(latency_s=0.0):
    return answering(tasks.books, latency_s, tasks.TOOLS)


def fan_out(count, latency_s):
    return tasks.gathered([answering(tasks.says_ok, latency_s) for _ in range(count)])


def own_fan_out(count, latency_s):
    agents = [made(tasks.says_ok, latency_s, (), name=f"a{n}") for n in range(count)]

    async def collect(results):
        return [result.agent_response.text for result in results]

    async def run():
        flow = ConcurrentBuilder(participants=agents).with_aggregator(collect).build()
        return (await flow.run(tasks.QUESTION)).get_outputs()[-1]

    return run


def workflow():
    agents = [made(tasks.says_ok, 0.0, (), name=f"s{n}") for n in range(5)]

    async def run():
        flow = SequentialBuilder(participants=agents).build()
        return (await flow.run(tasks.QUESTION)).get_outputs()[-1].text

    return run


def functions():
    def adding(number):
        @executor(id=f"s{number}")
        async def step(value: int, context: WorkflowContext[int]) -> None:
            await context.send_message(value + 1)

        return step

    @executor(id="s4")
    async def last(value: int, context: WorkflowContext[None, int]) -> None:
        await context.yield_output(value + 1)

    steps = [*map(adding, range(4)), last]
    flow = WorkflowBuilder(start_executor=steps[0]).add_chain(steps).build()

    async def run():
        return (await flow.run(0)).get_outputs()[-1]

    return run


def router():
    classify = made(tasks.labels, 0.0, (), name="classify")
    booking, support = (made(tasks.says_ok, 0.0, (), name=name) for name in ("booking", "support"))

    def is_booking(said):
        return said.agent_response.text == "booking"

    async def run():
        builder = WorkflowBuilder(start_executor=classify, output_from=[booking, support])
        cases = [Case(condition=is_booking, target=booking), Default(target=support)]
        flow = builder.add_switch_case_edge_group(classify, cases).build()
        return (await flow.run(tasks.QUESTION)).get_outputs()[-1].text

    return run


def reflection():
    return tasks.improved(answering(tasks.drafts), answering(tasks.judges))


def handoffs():
    scripts = [*(tasks.hands_over(f"handoff_to_a{n + 1}") for n in range(3)), tasks.says_ok]
    keeps = {"require_per_service_call_history_persistence": True}
    agents = [made(script, 0.0, (), name=f"a{n}", **keeps) for n, script in enumerate(scripts)]

    async def run():
        builder = HandoffBuilder(participants=agents).with_start_agent(agents[0])
        for giver, taker in pairwise(agents):
            builder = builder.add_handoff(giver, [taker])
        flow = builder.with_termination_condition(lambda talk: talk[-1].text == "ok").build()
        return (await flow.run(tasks.QUESTION, stream=False)).get_outputs()[-1].text

    return run
