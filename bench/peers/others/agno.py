"""agno: a Model of our own; its Workflow with steps, Parallel and Router; no database."""

from agno.agent import Agent
from agno.metrics import MessageMetrics
from agno.models.base import Model
from agno.models.response import ModelResponse
from agno.workflow import Parallel, Router, Step, StepInput, StepOutput, Workflow

from bench.peers import tasks

SPENT, WROTE = tasks.TOKENS


class Fake(Model):
    def __init__(self, script, latency_s):
        super().__init__(id="fake", name="fake", provider="fake")
        self.script, self.latency_s = script, latency_s

    async def ainvoke(self, messages, assistant_message, **more):
        await tasks.pause(self.latency_s)
        results = sum(message.role == "tool" for message in messages)
        said = self.script(messages[-1].content, results)
        usage = MessageMetrics(input_tokens=SPENT, output_tokens=WROTE, total_tokens=SPENT + WROTE)
        reply = ModelResponse(role="assistant", response_usage=usage)
        if isinstance(said, tasks.Wish):
            wished = {"name": said.tool, "arguments": said.json}
            reply.tool_calls = [{"id": f"call_{results}", "type": "function", "function": wished}]
        else:
            reply.content = said.text
        return reply

    def invoke(self, *others, **more):
        raise NotImplementedError

    invoke_stream = ainvoke_stream = invoke
    _parse_provider_response = _parse_provider_response_delta = invoke


def made(script=tasks.books, latency_s=0.0, tools=tasks.TOOLS, *, name="booker"):
    return Agent(
        name=name,
        model=Fake(script, latency_s),
        instructions=tasks.INSTRUCTIONS,
        tools=list(tools) or None,
        telemetry=False,
    )


def answering(script=tasks.says_ok, latency_s=0.0, tools=()):
    one = made(script, latency_s, tools)

    async def answer(text=tasks.QUESTION):
        return (await one.arun(text)).content

    return answer


def agent(latency_s=0.0):
    return answering(tasks.books, latency_s, tasks.TOOLS)


def fan_out(count, latency_s):
    return tasks.gathered([answering(tasks.says_ok, latency_s) for _ in range(count)])


def step(script, name, latency_s=0.0):
    return Step(name=name, agent=made(script, latency_s, (), name=name))


def run_of(*steps):
    flow = Workflow(name="flow", steps=list(steps), telemetry=False)

    async def run():
        return (await flow.arun(tasks.QUESTION)).content

    return run


def own_fan_out(count, latency_s):
    steps = [step(tasks.says_ok, f"a{n}", latency_s) for n in range(count)]
    flow = Workflow(name="flow", steps=[Parallel(*steps, name="all")], telemetry=False)

    async def run():
        done = await flow.arun(tasks.QUESTION)
        return [each.content for each in done.step_results[0].steps]

    return run


def workflow():
    return run_of(*[step(tasks.says_ok, f"s{n}") for n in range(5)])


def functions():
    async def add(given: StepInput) -> StepOutput:
        return StepOutput(content=(given.previous_step_content or 0) + 1)

    return run_of(*[Step(name=f"s{n}", executor=add) for n in range(5)])


def router():
    ends = {name: step(tasks.says_ok, name) for name in ("booking", "support")}

    def pick(given: StepInput):
        return [ends[given.previous_step_content]]

    choice = Router(name="route", selector=pick, choices=list(ends.values()))
    return run_of(step(tasks.labels, "classify"), choice)


def reflection():
    """Plain Python: the second round of its Loop gives its second step the wrong input."""
    return tasks.improved(answering(tasks.drafts), answering(tasks.judges))
