"""The Microsoft Agent Framework's Agent, with a chat client of our own and no telemetry."""

from agent_framework import (
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    RawAgent,
    tool,
)

from bench.peers import tasks


class Fake(FunctionInvocationLayer, BaseChatClient):
    def _inner_get_response(self, *, messages, stream, options, **more):
        async def reply():
            results = sum(message.role == "tool" for message in messages)
            said = tasks.books(messages[-1].text, results)
            if isinstance(said, tasks.Wish):
                part = Content.from_function_call(f"call_{results}", said.tool, arguments=said.json)
            else:
                part = Content.from_text(said.text)
            return ChatResponse(messages=[Message(role="assistant", contents=[part])])

        return reply()


def agent():
    tools = [tool(each, approval_mode="never_require") for each in tasks.TOOLS]
    one = RawAgent(Fake(), tasks.INSTRUCTIONS, name="booker", tools=tools)

    async def run():
        return (await one.run(tasks.QUESTION)).text

    return run
