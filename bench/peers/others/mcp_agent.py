"""mcp-agent: an AugmentedLLM of our own with the loop of those that it ships; its workflows."""

import functools

from mcp.types import CallToolRequest, CallToolRequestParams
from mcp_agent.agents.agent import Agent
from mcp_agent.app import MCPApp
from mcp_agent.config import (
    LoggerSettings,
    OpenTelemetrySettings,
    Settings,
    UsageTelemetrySettings,
)
from mcp_agent.workflows.evaluator_optimizer.evaluator_optimizer import (
    EvaluationResult,
    EvaluatorOptimizerLLM,
    QualityRating,
)
from mcp_agent.workflows.llm.augmented_llm import AugmentedLLM
from mcp_agent.workflows.parallel.parallel_llm import ParallelLLM
from mcp_agent.workflows.router.router_llm import (
    LLMRouter,
    StructuredResponse,
    StructuredResponseCategory,
)

from bench.peers import tasks

OPENED = []


async def context():
    """Open the app, once: its context is what agents live in."""
    if not OPENED:
        settings = Settings(
            execution_engine="asyncio",
            logger=LoggerSettings(type="none", transports=["none"]),
            otel=OpenTelemetrySettings(enabled=False),
            usage_telemetry=UsageTelemetrySettings(enabled=False),
        )
        app = MCPApp(name="bench", settings=settings)
        await app.initialize()
        OPENED.append(app)
    return OPENED[0].context


class Fake(AugmentedLLM):
    provider = "fake"

    def __init__(self, script=tasks.says_ok, latency_s=0.0, **more):
        super().__init__(**more)
        self.script, self.latency_s = script, latency_s

    async def ask(self, talk):
        await tasks.pause(self.latency_s)
        results = sum(message["role"] == "tool" for message in talk)
        said = self.script(talk[-1]["content"], results)
        if isinstance(said, tasks.Wish):
            call = (f"call_{results}", said.tool, said.arguments)
            return {"role": "assistant", "content": "", "call": call}
        return {"role": "assistant", "content": said.text}

    async def use(self, call):
        number, name, arguments = call
        params = CallToolRequestParams(name=name, arguments=arguments)
        result = await self.call_tool(CallToolRequest(method="tools/call", params=params), number)
        return {"role": "tool", "content": result.content[0].text}

    async def generate(self, message, request_params=None):
        given = message if isinstance(message, list) else [message]
        talk = [{"role": "user", "content": each} for each in given]
        await self.agent.list_tools()
        while True:
            said = await self.executor.execute(functools.partial(self.ask, talk))
            if isinstance(said, BaseException):
                raise said
            talk.append(said)
            await self.context.token_counter.record_usage(
                input_tokens=tasks.TOKENS[0],
                output_tokens=tasks.TOKENS[1],
                model_name="fake",
                provider="fake",
            )
            if "call" not in said:
                return [said]
            use = functools.partial(self.use, said["call"])
            talk += await self.executor.execute_many([use])

    async def generate_str(self, message, request_params=None):
        said = await self.generate(message, request_params)
        return "\n".join(each["content"] for each in said)

    async def generate_structured(self, message, response_model, request_params=None):
        text = await self.generate_str(message, request_params)
        if response_model is StructuredResponse:
            label = StructuredResponseCategory(category=text, confidence="high", reasoning=None)
            return StructuredResponse(categories=[label])
        passed = text == "PASS"
        rating = QualityRating.EXCELLENT if passed else QualityRating.POOR
        return EvaluationResult(rating=rating, feedback=text, needs_improvement=not passed)

    def message_str(self, message, content_only=False):
        return message["content"]

    def message_param_str(self, message):
        return message["content"]


def made(script=tasks.books, latency_s=0.0, tools=tasks.TOOLS, *, name="booker"):
    return Agent(
        name=name,
        instruction=tasks.INSTRUCTIONS,
        functions=list(tools),
        server_names=[],
        context=OPENED[0].context if OPENED else None,
    )


async def asked(script=tasks.says_ok, latency_s=0.0, tools=(), *, name="booker"):
    await context()
    one = made(script, latency_s, tools, name=name)
    await one.initialize()
    return await one.attach_llm(functools.partial(Fake, script, latency_s))


async def agent(latency_s=0.0):
    if not latency_s:
        one = await asked(tasks.books, 0.0, tasks.TOOLS)
        return lambda: one.generate_str(tasks.QUESTION)
    await context()

    async def run():
        """Answer one of many sessions: it has an agent of its own."""
        one = await asked(tasks.books, latency_s, tasks.TOOLS)
        answer = await one.generate_str(tasks.QUESTION)
        await one.agent.shutdown()
        return answer

    return run


async def several(count, latency_s):
    return [await asked(tasks.says_ok, latency_s, name=f"a{n}") for n in range(count)]


async def fan_out(count, latency_s):
    everybody = await several(count, latency_s)
    return tasks.gathered([functools.partial(e.generate_str, tasks.QUESTION) for e in everybody])


async def own_fan_out(count, latency_s):
    everybody = await several(count, latency_s)

    async def collect(replies):
        return [each[0]["content"] for each in replies.values()]

    parallel = ParallelLLM(
        fan_in_agent=collect,
        fan_out_agents=everybody,
        llm_factory=None,
        context=await context(),
    )
    return lambda: parallel.generate(tasks.QUESTION)


async def workflow():
    return tasks.chained((await asked()).generate_str)


async def router():
    ends = {name: await asked(name=name) for name in ("booking", "support")}

    def pick(text, results):
        """Look at the request alone: the router's own words name both agents."""
        return tasks.labels(text.rsplit("<mcp-agent:request>", 1)[-1], results)

    classifier = await asked(pick, name="classify")
    route = LLMRouter(
        name="route",
        classifier_llm=classifier,
        agents=[each.agent for each in ends.values()],
        llm_factory=lambda agent, **more: ends.get(agent.name, classifier),
        context=await context(),
    )

    async def run():
        found = await route.route_to_agent(tasks.QUESTION)
        return await ends[found[0].result.name].generate_str(tasks.QUESTION)

    return run


async def reflection():
    both = EvaluatorOptimizerLLM(
        optimizer=await asked(tasks.drafts, name="writer"),
        evaluator=await asked(tasks.judges, name="judge"),
        min_rating=QualityRating.EXCELLENT,
        llm_factory=None,
        context=await context(),
    )
    return lambda: both.generate_str(tasks.QUESTION)
