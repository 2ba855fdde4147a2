"""Google ADK's Runner with sessions in memory, and a model of our own."""

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools import FunctionTool
from google.genai import types

from bench.peers import tasks

SPENT, WROTE = tasks.TOKENS


class Fake(BaseLlm):
    async def generate_content_async(self, llm_request, stream=False):
        parts = [part for content in llm_request.contents for part in content.parts or []]
        results = sum(part.function_response is not None for part in parts)
        said = tasks.books("", results)
        if isinstance(said, tasks.Wish):
            call = types.FunctionCall(name=said.tool, args=said.arguments, id=f"call_{results}")
            part = types.Part(function_call=call)
        else:
            part = types.Part(text=said.text)
        yield LlmResponse(
            content=types.Content(role="model", parts=[part]),
            usage_metadata=types.GenerateContentResponseUsageMetadata(
                prompt_token_count=SPENT,
                candidates_token_count=WROTE,
                total_token_count=SPENT + WROTE,
            ),
        )


def agent():
    tools = [FunctionTool(tool) for tool in tasks.TOOLS]
    one = LlmAgent(
        name="booker", model=Fake(model="fake"), instruction=tasks.INSTRUCTIONS, tools=tools
    )
    runner = InMemoryRunner(agent=one, app_name="bench")

    async def run():
        place = {"user_id": "u", "app_name": "bench"}
        session = await runner.session_service.create_session(**place)
        question = types.Content(role="user", parts=[types.Part(text=tasks.QUESTION)])
        answer = ""
        async for event in runner.run_async(
            user_id="u", session_id=session.id, new_message=question
        ):
            if event.content and event.content.parts and event.content.parts[0].text:
                answer = event.content.parts[0].text
        await runner.session_service.delete_session(session_id=session.id, **place)
        return answer

    return run
