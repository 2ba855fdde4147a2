#!/bin/sh
# Versions: langgraph 1.2.24 with langchain 1.5.2 (Python).
#
# Behaviour: an agent of create_agent that needs N rounds of tools takes 2N+1 steps: a model step
# and a tool step for each round, and the model step that answers. With recursion_limit=2N+1 the
# answer is made and kept, the saved state has it as its last message and names no next step, and
# invoke() raises GraphRecursionError all the same. It takes 2N+2 to be given the answer.
#
# Why it matters: the error reads "recursion limit reached without hitting a stop condition", so
# that callers retry, and pay and act once more, or tell a user that nothing came of it, though the
# tools ran and the answer stands. Before either, look at get_state(): nothing next and an answer
# is a success.
#
# The model is langchain's own fake; each run has a thread and a store of its own.
#
# Output seen:
#   1 round, limit 2: GraphRecursionError, next ('model',), last said 'free'
#   1 round, limit 3: GraphRecursionError, next (), last said 'Court A is free.'
#   1 round, limit 4: answered, next (), last said 'Court A is free.'
#   3 rounds, limit 7: GraphRecursionError, next (), last said 'Court A is free.'
#   3 rounds, limit 8: answered, next (), last said 'Court A is free.'
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    langgraph==1.2.24 langchain==1.5.2

cat >"$dir/see.py" <<'PYTHON'
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphRecursionError


class Scripted(GenericFakeChatModel):
    def bind_tools(self, tools, **options):
        return self


def look(court: str) -> str:
    """Look whether a court is free."""
    return "free"


def replies(rounds):
    for number in range(rounds):
        call = {"name": "look", "args": {"court": "A"}, "id": f"c{number}"}
        yield AIMessage("", tool_calls=[call])
    yield AIMessage("Court A is free.")


for rounds, limit in ((1, 2), (1, 3), (1, 4), (3, 7), (3, 8)):
    agent = create_agent(Scripted(messages=replies(rounds)), [look], checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "t"}}
    try:
        agent.invoke({"messages": [("user", "Is A free?")]}, {**thread, "recursion_limit": limit})
        end = "answered"
    except GraphRecursionError as error:
        end = type(error).__name__
    state = agent.get_state(thread)
    last = state.values["messages"][-1].content
    plural = "" if rounds == 1 else "s"
    print(f"{rounds} round{plural}, limit {limit}: {end}, next {state.next}, last said {last!r}")
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
1 round, limit 2: GraphRecursionError, next ('model',), last said 'free'
1 round, limit 3: GraphRecursionError, next (), last said 'Court A is free.'
1 round, limit 4: answered, next (), last said 'Court A is free.'
3 rounds, limit 7: GraphRecursionError, next (), last said 'Court A is free.'
3 rounds, limit 8: answered, next (), last said 'Court A is free.'
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
