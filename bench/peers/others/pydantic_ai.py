"""pydantic-ai: its FunctionModel; its graph for workflow and fan-out; hand-over by output."""

from pydantic_ai import Agent, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.messages import ModelRequest, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.usage import RequestUsage
from pydantic_graph import GraphBuilder, StepContext, reduce_list_append

from bench.peers import tasks


def fake(script, latency_s):
    async def model(messages, info):
        await tasks.pause(latency_s)
        asked = [m for m in messages if isinstance(m, ModelRequest)]
        results = sum(isinstance(part, ToolReturnPart) for m in asked for part in m.parts)
        said = script(str(messages[-1].parts[-1].content), results)
        if isinstance(said, tasks.Wish):
            part = ToolCallPart(said.tool, said.json, f"call_{results}")
        else:
            part = TextPart(said.text)
        usage = RequestUsage(input_tokens=tasks.TOKENS[0], output_tokens=tasks.TOKENS[1])
        return ModelResponse(parts=[part], usage=usage)

    return FunctionModel(model)


def made(script=tasks.books, latency_s=0.0, tools=tasks.TOOLS, **options):
    options = {"name": "booker", **options}
    model = fake(script, latency_s)
    return Agent(model, instructions=tasks.INSTRUCTIONS, tools=tools, **options)


def answering(script=tasks.says_ok, latency_s=0.0, tools=()):
    one = made(script, latency_s, tools)

    async def answer(text=tasks.QUESTION):
        return (await one.run(text)).output

    return answer


def agent(latency_s=0.0):
    return answering(tasks.books, latency_s, tasks.TOOLS)


def fan_out(count, latency_s):
    return tasks.gathered([answering(tasks.says_ok, latency_s) for _ in range(count)])


def own_fan_out(count, latency_s):
    answers = [answering(tasks.says_ok, latency_s) for _ in range(count)]
    graph = GraphBuilder(input_type=list, output_type=list)

    @graph.step
    async def ask(context: StepContext[None, None, int]) -> str:
        return await answers[context.inputs]()

    joined = graph.join(reduce_list_append, initial_factory=list)
    graph.add(
        graph.edge_from(graph.start_node).map().to(ask),
        graph.edge_from(ask).to(joined),
        graph.edge_from(joined).to(graph.end_node),
    )
    built = graph.build()
    return lambda: built.run(inputs=list(range(count)))


def five(step, kind):
    graph = GraphBuilder(input_type=kind, output_type=kind)
    steps = [graph.step(step, node_id=f"s{n}") for n in range(5)]
    for before, after in zip([graph.start_node, *steps], [*steps, graph.end_node], strict=True):
        graph.add_edge(before, after)
    return graph.build()


def workflow():
    answer = answering()

    async def step(context: StepContext[None, None, str]) -> str:
        return await answer(context.inputs)

    graph = five(step, str)
    return lambda: graph.run(inputs=tasks.QUESTION)


def functions():
    async def step(context: StepContext[None, None, int]) -> int:
        return context.inputs + 1

    graph = five(step, int)
    return lambda: graph.run(inputs=0)


def router():
    ends = {name: answering() for name in ("booking", "support")}
    return tasks.routed(answering(tasks.labels), ends)


def reflection():
    return tasks.improved(answering(tasks.drafts), answering(tasks.judges))


def handoffs():
    def to(taker):
        async def transfer(reason: str) -> str:
            """Hand over."""
            return (await taker.run(reason)).output

        return transfer

    holder = made(tasks.says_ok, tools=(), name="a3")
    for number in (2, 1, 0):
        script = tasks.hands_over("final_result", reason=tasks.QUESTION)
        holder = made(script, tools=(), name=f"a{number}", output_type=to(holder))

    async def run():
        return (await holder.run(tasks.QUESTION)).output

    return run
