"""LangChain's create_agent on LangGraph, with a chat model of our own."""

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import StructuredTool

from bench.peers import tasks


class Fake(BaseChatModel):
    @property
    def _llm_type(self):
        return "fake"

    def bind_tools(self, tools, **more):
        return self.bind(tools=tools)

    def _generate(self, *others, **more):
        raise NotImplementedError

    async def _agenerate(self, messages, stop=None, run_manager=None, **more):
        results = sum(message.type == "tool" for message in messages)
        said = tasks.books(messages[-1].content, results)
        if isinstance(said, tasks.Wish):
            call = {"name": said.tool, "args": said.arguments, "id": f"call_{results}"}
            message = AIMessage("", tool_calls=[call])
        else:
            message = AIMessage(said.text)
        return ChatResult(generations=[ChatGeneration(message=message)])


def agent():
    tools = [StructuredTool.from_function(coroutine=tool) for tool in tasks.TOOLS]
    graph = create_agent(Fake(), tools, system_prompt=tasks.INSTRUCTIONS)

    async def run():
        asked = {"messages": [{"role": "user", "content": tasks.QUESTION}]}
        return (await graph.ainvoke(asked))["messages"][-1].content

    return run
