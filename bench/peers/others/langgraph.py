"""langgraph: its ready agent; a StateGraph for everything else, Send for the fan-out."""

import operator
from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import StructuredTool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import create_react_agent
from langgraph.types import Command, Send

from bench.peers import tasks

SPENT, WROTE = tasks.TOKENS


class Fake(BaseChatModel):
    script: object
    latency_s: float = 0.0

    @property
    def _llm_type(self):
        return "fake"

    def bind_tools(self, tools, **more):
        return self.bind(tools=tools)

    def _generate(self, *others, **more):
        raise NotImplementedError

    async def _agenerate(self, messages, stop=None, run_manager=None, **more):
        await tasks.pause(self.latency_s)
        results = sum(message.type == "tool" for message in messages)
        said = self.script(messages[-1].content, results)
        if isinstance(said, tasks.Wish):
            call = {"name": said.tool, "args": said.arguments, "id": f"call_{results}"}
            message = AIMessage("", tool_calls=[call])
        else:
            message = AIMessage(said.text)
        message.usage_metadata = {
            "input_tokens": SPENT, "output_tokens": WROTE, "total_tokens": SPENT + WROTE,
        }  # fmt: skip
        return ChatResult(generations=[ChatGeneration(message=message)])


class Text(TypedDict):
    text: str


class Judged(Text):
    verdict: str


class Number(TypedDict):
    number: int


class Texts(TypedDict):
    texts: Annotated[list, operator.add]


def made(latency_s=0.0):
    tools = [StructuredTool.from_function(coroutine=tool) for tool in tasks.TOOLS]
    model = Fake(script=tasks.books, latency_s=latency_s)
    return create_react_agent(model, tools, prompt=tasks.INSTRUCTIONS)


def said_by_user(text):
    return {"messages": [{"role": "user", "content": text}]}


def agent(latency_s=0.0):
    one = made(latency_s)

    async def run():
        return (await one.ainvoke(said_by_user(tasks.QUESTION)))["messages"][-1].content

    return run


def answering(script=tasks.says_ok, latency_s=0.0):
    """One model call: what stands in a node for an agent without tools."""
    model = Fake(script=script, latency_s=latency_s)

    async def answer(text):
        talk = [("system", tasks.INSTRUCTIONS), ("user", text)]
        return (await model.ainvoke(talk)).content

    return answer


def node(script=tasks.says_ok, latency_s=0.0):
    answer = answering(script, latency_s)

    async def work(state: Text):
        return {"text": await answer(state["text"])}

    return work


def run_of(graph):
    built = graph.compile()

    async def run():
        done = await built.ainvoke({"text": tasks.QUESTION}, {"recursion_limit": 50})
        return done["text"]

    return run


def fan_out(count, latency_s):
    def one():
        graph = StateGraph(Text)
        graph.add_node("ask", node(tasks.says_ok, latency_s))
        graph.add_edge(START, "ask")
        graph.add_edge("ask", END)
        return run_of(graph)

    return tasks.gathered([one() for _ in range(count)])


def own_fan_out(count, latency_s):
    answer = answering(tasks.says_ok, latency_s)

    async def work(state):
        return {"texts": [await answer(state["text"])]}

    def everybody(_):
        return [Send("ask", {"text": tasks.QUESTION}) for _ in range(count)]

    graph = StateGraph(Texts)
    graph.add_node("ask", work)
    graph.add_conditional_edges(START, everybody, ["ask"])
    graph.add_edge("ask", END)
    built = graph.compile()

    async def run():
        return (await built.ainvoke({"texts": []}))["texts"]

    return run


def workflow():
    graph = StateGraph(Text)
    graph.add_sequence([(f"s{n}", node()) for n in range(5)])
    graph.add_edge(START, "s0")
    return run_of(graph)


def functions():
    async def step(state: Number):
        return {"number": state["number"] + 1}

    graph = StateGraph(Number)
    graph.add_sequence([(f"s{n}", step) for n in range(5)])
    graph.add_edge(START, "s0")
    built = graph.compile()

    async def run():
        return (await built.ainvoke({"number": 0}))["number"]

    return run


def router():
    graph = StateGraph(Text)
    for name, script in (
        ("classify", tasks.labels), ("booking", tasks.says_ok), ("support", tasks.says_ok),
    ):  # fmt: skip
        graph.add_node(name, node(script))
    graph.add_edge(START, "classify")
    graph.add_conditional_edges("classify", lambda s: s["text"], ["booking", "support"])
    return run_of(graph)


def reflection():
    write, judge = answering(tasks.drafts), answering(tasks.judges)

    async def generate(state: Judged):
        return {"text": await write(state.get("verdict") or state["text"])}

    async def evaluate(state: Judged):
        return {"verdict": await judge(state["text"])}

    def again(state):
        return END if state["verdict"] == "PASS" else "generate"

    graph = StateGraph(Judged)
    graph.add_node("generate", generate)
    graph.add_node("evaluate", evaluate)
    graph.add_edge(START, "generate")
    graph.add_edge("generate", "evaluate")
    graph.add_conditional_edges("evaluate", again, ["generate", END])
    return run_of(graph)


def handoffs():
    """Agents as nodes; each of the first three answers with a Command to go to the next."""

    def holding(number):
        model = Fake(script=tasks.hands_over("handoff") if number < 3 else tasks.says_ok)

        async def work(state: MessagesState) -> Command:
            message = await model.ainvoke(state["messages"])
            if not message.tool_calls:
                return Command(goto=END, update={"messages": [message]})
            result = {
                "role": "tool", "tool_call_id": message.tool_calls[0]["id"], "content": "ok",
            }  # fmt: skip
            return Command(goto=f"a{number + 1}", update={"messages": [message, result]})

        return work

    graph = StateGraph(MessagesState)
    graph.add_edge(START, "a0")
    for number in range(4):
        after = (f"a{number + 1}",) if number < 3 else (END,)
        graph.add_node(f"a{number}", holding(number), destinations=after)
    built = graph.compile()

    async def run():
        return (await built.ainvoke(said_by_user(tasks.QUESTION)))["messages"][-1].content

    return run
