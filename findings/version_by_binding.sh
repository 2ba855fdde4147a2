#!/bin/sh
# Versions: a2a-sdk 1.3.0 (Python) with grpcio 1.85.1, starlette 1.10.0, httpx 0.28.1.
#
# Behaviour: one agent, one handler, served over the three bindings of A2A. Over JSON-RPC and HTTP+JSON
# the SDK reads `A2A-Version`: a request without it counts as 0.3 and is refused, though the server
# speaks 1.0 alone and the request is in the form of 1.0; over JSON-RPC the refusal has HTTP status
# 200. Over gRPC the version in the metadata is not looked at: none, 0.3 and 9.9 are all answered.
#
# Why it matters: a hand-written curl or a test copied from an agent's card fails with a version that
# nobody named. A client that speaks another version is told so over two bindings, and over the third
# gets an answer that it may read wrongly; moving an agent from HTTP to gRPC loses the check without a
# word. Send the header always, look for `error` rather than at the status, and check the metadata in
# a gRPC server of one's own before the handler is called.
#
# Output seen:
#   no version: JSON-RPC 200 "A2A version '0.3' is not supported", HTTP+JSON 400, gRPC answers
#   version 1.0: JSON-RPC 200 answers, HTTP+JSON 200, gRPC answers
#   version 0.3: JSON-RPC 200 "A2A version '0.3' is not supported", HTTP+JSON 400, gRPC answers
#   version 9.9: JSON-RPC 200 "A2A version '9.9' is not supported", HTTP+JSON 400, gRPC answers
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    'a2a-sdk[grpc,http-server]==1.3.0' grpcio==1.85.1 starlette==1.10.0 httpx==0.28.1

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import logging

import grpc
import httpx
from a2a.helpers import new_text_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.request_handlers.grpc_handler import GrpcHandler
from a2a.server.routes.jsonrpc_routes import create_jsonrpc_routes
from a2a.server.routes.rest_routes import create_rest_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import a2a_pb2, a2a_pb2_grpc
from starlette.applications import Starlette

logging.disable(logging.CRITICAL)
SAID = {"messageId": "m1", "role": "ROLE_USER", "parts": [{"text": "Are you open?"}]}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": SAID}}


class Hours(AgentExecutor):
    async def execute(self, context, event_queue):
        await event_queue.enqueue_event(new_text_message("9 to 5", role=a2a_pb2.ROLE_AGENT))

    async def cancel(self, context, event_queue):
        raise NotImplementedError


def made():
    card = a2a_pb2.AgentCard(
        name="hours",
        description="Tells the opening hours.",
        version="1",
        capabilities=a2a_pb2.AgentCapabilities(),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
    )
    return DefaultRequestHandler(
        agent_executor=Hours(), task_store=InMemoryTaskStore(), agent_card=card
    )


async def over_grpc(stub, version):
    part = a2a_pb2.Part(text="Are you open?")
    said = a2a_pb2.Message(message_id="m1", role=a2a_pb2.ROLE_USER, parts=[part])
    metadata = [("a2a-version", version)] if version else None
    try:
        await stub.SendMessage(a2a_pb2.SendMessageRequest(message=said), metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "answers"


async def see(client, stub, version):
    headers = {"A2A-Version": version} if version else {}
    rpc = await client.post("/rpc", json=CALL, headers=headers)
    error = rpc.json().get("error")
    told = f'"{error["message"].partition(" by this")[0]}"' if error else "answers"
    rest = await client.post("/message:send", json={"message": SAID}, headers=headers)
    title = f"version {version}" if version else "no version"
    answered = await over_grpc(stub, version)
    print(f"{title}: JSON-RPC {rpc.status_code} {told}, HTTP+JSON {rest.status_code}, gRPC {answered}")


async def main():
    handler = made()
    app = Starlette(routes=[*create_jsonrpc_routes(handler, "/rpc"), *create_rest_routes(handler)])
    server = grpc.aio.server()
    a2a_pb2_grpc.add_A2AServiceServicer_to_server(GrpcHandler(handler), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://agent") as client,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = a2a_pb2_grpc.A2AServiceStub(channel)
        for version in ("", "1.0", "0.3", "9.9"):
            await see(client, stub, version)
    await server.stop(None)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
no version: JSON-RPC 200 "A2A version '0.3' is not supported", HTTP+JSON 400, gRPC answers
version 1.0: JSON-RPC 200 answers, HTTP+JSON 200, gRPC answers
version 0.3: JSON-RPC 200 "A2A version '0.3' is not supported", HTTP+JSON 400, gRPC answers
version 9.9: JSON-RPC 200 "A2A version '9.9' is not supported", HTTP+JSON 400, gRPC answers
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
