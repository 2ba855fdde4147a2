#!/bin/sh
# Versions: grpcio 1.85.1 (Python), its asyncio side.
#
# Behaviour: a client reads a streamed call with a time limit around each read, as one does with a
# queue or a socket: asyncio.wait_for(call.read(), 0.2). Where nothing came in time the read is
# cancelled, and with it the whole call: the next read raises CancelledError although nobody cancelled
# the task that reads, and the server's method is cancelled in the middle of its work. With the read
# in a task of its own and asyncio.shield around it, the same time limit leaves the call alone: the
# pending read gives the message when it comes, and the server's method ends.
#
# Why it matters: agents that run elsewhere stream their events, and whoever relays them wants to look
# up now and then, to send a heartbeat or to see whether the person is still there. Written in the
# plain way, the first quiet moment ends the run at the other side, perhaps between a write and its
# answer, and looks on this side like a cancellation of one's own, which no "except Exception" sees.
#
# Output seen:
#   plain wait_for: then CancelledError, server: cancelled
#   shielded: then b'late', server: ended
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check grpcio==1.85.1

cat >"$dir/see.py" <<'PYTHON'
import asyncio

import grpc

ends = asyncio.Queue()


async def work(request, context):
    try:
        await asyncio.sleep(1)
        yield b"late"
        ends.put_nowait("ended")
    except asyncio.CancelledError:
        ends.put_nowait("cancelled")
        raise


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_stream_rpc_method_handler(work)


async def plain(call):
    try:
        await asyncio.wait_for(call.read(), 0.2)
    except TimeoutError:
        return await call.read()


async def shielded(call):
    reading = asyncio.ensure_future(call.read())
    try:
        await asyncio.wait_for(asyncio.shield(reading), 0.2)
    except TimeoutError:
        return await reading


async def see(name, read):
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_stream("/test.Agent/Run")(b"go")
        try:
            then = repr(await read(call))
        except asyncio.CancelledError:
            then = "CancelledError"
        print(f"{name}: then {then}, server: {await asyncio.wait_for(ends.get(), 10)}")
        call.cancel()
    await server.stop(None)


async def main():
    await see("plain wait_for", plain)
    await see("shielded", shielded)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
plain wait_for: then CancelledError, server: cancelled
shielded: then b'late', server: ended
EXPECTED
cmp "$dir/expected" "$dir/seen"
