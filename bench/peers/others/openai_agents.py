"""openai-agents: a Model of our own, Runner.run, handoffs; workflow and router in plain Python."""

from agents import Agent, Runner, function_tool, set_trace_processors, set_tracing_disabled
from agents.items import ModelResponse
from agents.models.interface import Model
from agents.usage import Usage
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

from bench.peers import tasks

set_trace_processors([])
set_tracing_disabled(True)
SPENT, WROTE = tasks.TOKENS


class Fake(Model):
    def __init__(self, script, latency_s):
        self.script, self.latency_s = script, latency_s

    async def get_response(self, system_instructions, input, *others, **more):
        await tasks.pause(self.latency_s)
        items = [{"role": "user", "content": input}] if isinstance(input, str) else input
        results = sum(item.get("type") == "function_call_output" for item in items)
        said = self.script(items[-1].get("content", ""), results)
        if isinstance(said, tasks.Wish):
            made = ResponseFunctionToolCall(
                id=f"f{results}",
                call_id=f"call_{results}",
                type="function_call",
                name=said.tool,
                arguments=said.json,
            )
        else:
            text = ResponseOutputText(type="output_text", text=said.text, annotations=[])
            made = ResponseOutputMessage(
                id="m", type="message", role="assistant", status="completed", content=[text]
            )
        usage = Usage(
            requests=1, input_tokens=SPENT, output_tokens=WROTE, total_tokens=SPENT + WROTE
        )
        return ModelResponse(output=[made], usage=usage, response_id=None)

    def stream_response(self, *others, **more):
        raise NotImplementedError


def made(script=tasks.books, latency_s=0.0, tools=tasks.TOOLS, **options):
    return Agent(
        instructions=tasks.INSTRUCTIONS,
        model=Fake(script, latency_s),
        tools=[function_tool(tool) for tool in tools],
        **{"name": "booker", **options},
    )


def answering(script=tasks.says_ok, latency_s=0.0, tools=()):
    one = made(script, latency_s, tools)

    async def answer(text=tasks.QUESTION):
        return (await Runner.run(one, text)).final_output

    return answer


def agent(latency_s=0.0):
    return answering(tasks.books, latency_s, tasks.TOOLS)


def fan_out(count, latency_s):
    return tasks.gathered([answering(tasks.says_ok, latency_s) for _ in range(count)])


def workflow():
    return tasks.chained(answering())


def router():
    ends = {name: answering() for name in ("booking", "support")}
    return tasks.routed(answering(tasks.labels), ends)


def reflection():
    return tasks.improved(answering(tasks.drafts), answering(tasks.judges))


def handoffs():
    holder = made(tasks.says_ok, tools=(), name="a3")
    for number in (2, 1, 0):
        script = tasks.hands_over(f"transfer_to_a{number + 1}")
        holder = made(script, tools=(), name=f"a{number}", handoffs=[holder])

    async def run():
        return (await Runner.run(holder, tasks.QUESTION)).final_output

    return run
