"""Runs what Terraform says it made: functions as AWS's runtime client runs them, and their APIs.

Who asks is told by the access key: each function has its own name for one. Every call is recorded
and judged by the policies in the state; one that no statement allows is refused.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from batuta.core.clock import FixedClock
from batuta.models.bedrock_agent import AgentDefinition
from batuta.offline import OfflineModel
from batuta.standin import standin_in_thread
from batuta.standin.bedrock_agent import PATH as AGENTS
from batuta.standin.bedrock_agent import AgentStandIn
from batuta.storage.dynamodb_standin import DynamoStandIn
from tests.deploy.cloud import ACCOUNT, REGION, arn
from tests.deploy.rights import Call, Rights
from tests.deploy.terraform import resources
from tests.e2e.lambda_host import Function, Result, Worker, http_event
from tests.lambda_packages import unpacked
from tests.patience import scaled

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
_TOO_LARGE = 413, {"message": "Request Entity Too Large"}
_FUNCTIONS = "/2015-03-31/functions/{name}/invocations"
_WHO = re.compile(r"Credential=([^/]+)/")
_AT_ONCE = 20
# Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html and
# .../lambda/latest/dg/gettingstarted-limits.html, read 2025-11.
_LONGEST_MS = 30_000
_LARGEST_REQUEST = 10 * 1_000_000
_LARGEST_EVENT = 6 * 1_048_576
_SLOWER = 3.0
"""How much slower than Lambda's this machine is taken to be, which runs other tests beside: each
time limit of the state is longer by it."""


@dataclass
class Pool:
    """The processes of one function; each answers one event at a time."""

    function: Function
    idle: Queue[Worker] = field(default_factory=Queue[Worker])
    made: list[Worker] = field(default_factory=list[Worker])
    most: int = 3

    def invoke(self, event: Any) -> Result:
        """Give an event to a process that is idle; start one where none is."""
        try:
            worker = self.idle.get_nowait()
        except Empty:
            if len(self.made) < self.most:
                worker = Worker(self.function)
                self.made.append(worker)
            else:
                worker = self.idle.get(timeout=scaled(60))
        result = worker.invoke(event)
        if result.kind == "timeout":
            self.made.remove(worker)
        else:
            self.idle.put(worker)
        return result

    def stop(self) -> None:
        """Kill its processes."""
        for worker in self.made:
            worker.stop()


class Gate:
    """Holds whoever comes until so many have come."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._open = wanted, asyncio.Event()

    async def passed(self) -> None:
        """Wait for the others."""
        self._wanted -= 1
        if self._wanted <= 0:
            self._open.set()
        await self._open.wait()


class LocalAws:
    """The services that the functions call, and what they were asked.

    Args:
        state: Of a style's root.
        secrets: By their ARN.

    Set ``unconditional`` to see what happens where the table checks no condition, and ``racing`` to
    let no transaction through before every process of a function has sent one; ``held`` lets none
    through before it is set.
    """

    def __init__(self, state: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self.state, self.secrets = state, secrets
        self.rights = Rights(state)
        self.calls: list[Call] = []
        self.invoked: list[str] = []
        self.unconditional = False
        self.racing = False
        self.held: threading.Event | None = None
        self.looking: dict[str, asyncio.Event] = {}
        self._gate = Gate(Pool.most)
        self.pools: dict[str, Pool] = {}
        self._dynamodb = DynamoStandIn()
        self._invoking = ThreadPoolExecutor(_AT_ONCE)
        self._entering = ThreadPoolExecutor(_AT_ONCE)  # its own: who waits in it calls the others
        agents, clock = _definitions(state), FixedClock(NOW)
        self._agents = AgentStandIn(OfflineModel(), agents, act=self._act, clock=clock)

    def routes(self) -> dict[str, Any]:
        """Give what answers by path."""
        return {"/": self._json_service, _FUNCTIONS: self._lambda, AGENTS: self._agent}

    async def _json_service(self, scope: Any, receive: Any, send: Any) -> None:
        headers, body = await _read(scope, receive)
        service, _, operation = headers["x-amz-target"].partition(".")
        name = "dynamodb" if service.startswith("DynamoDB") else service
        call = Call(_who(headers), name, operation, json.loads(body))
        if call.who and not self._allowed(call):
            refused = {"__type": "AccessDeniedException", "message": f"not allowed: {call}"}
            return await _answer(send, 400, refused)
        if name == "dynamodb":
            await self._until_it_looks(call)
            sent = _freed(call.asked) if self.unconditional else body
            if self.racing and operation == "TransactWriteItems":
                await self._gate.passed()
            if self.held is not None and operation == "TransactWriteItems":
                await asyncio.to_thread(self.held.wait)
            return await self._dynamodb(scope, _again(sent), send)
        secret = self.secrets[call.asked["SecretId"]]
        return await _answer(send, 200, {"ARN": call.asked["SecretId"], "SecretString": secret})

    async def _until_it_looks(self, call: Call) -> None:
        """Let a hosted function wait until it has looked whether anybody waits for it still."""
        looked = self.looking.get(call.who)
        if looked is not None and call.operation == "GetItem":
            looked.set()
        if looked is not None and call.operation == "UpdateItem":
            await looked.wait()

    async def _lambda(self, scope: Any, receive: Any, send: Any) -> None:
        headers, body = await _read(scope, receive)
        name = scope["path_params"]["name"]
        qualifier = scope["query_string"].decode().removeprefix("Qualifier=")
        called = {"FunctionName": f"{name}:{qualifier}" if qualifier else name}
        call = Call(_who(headers), "lambda", "Invoke", called)
        if not self._allowed(call):
            return await _answer(send, 403, {"Message": f"not allowed: {call}"}, "AccessDenied")
        result = await self.invoke(name, qualifier, json.loads(body))
        return await _answer(
            send, 200, result.body, "" if result.kind == "response" else "Unhandled", "function"
        )

    async def _agent(self, scope: Any, receive: Any, send: Any) -> None:
        headers, body = await _read(scope, receive)
        path = scope["path_params"]
        asked = {"agentId": path["agent"], "agentAliasId": path["alias"]}
        call = Call(_who(headers), "bedrock-agent-runtime", "InvokeAgent", asked)
        if not self._allowed(call):
            return await _answer(send, 403, {"message": f"not allowed: {call}"}, "AccessDenied")
        return await self._agents(scope, _again(body), send)

    async def _act(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what an agent wishes for, where Terraform let it call a function."""
        group = _one(self.state, "aws_bedrockagent_agent_action_group")
        name, qualifier = group["action_group_executor"][0]["lambda"].split(":")[-2:]
        agent = _one(self.state, "aws_bedrockagent_agent")
        assert _permitted(self.state, (name, qualifier), "bedrock", agent["agent_arn"])
        result = await self.invoke(name, qualifier, event)
        assert result.kind == "response", result
        return result.body

    async def invoke(self, name: str, qualifier: str, event: Any) -> Result:
        """Run a function in a process of its own."""
        _published(self.state, name, qualifier)
        self.invoked.append(f"{name}:{qualifier}")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._invoking, self.pools[name].invoke, event)

    def enter(self, name: str, event: Any, longest_s: float) -> Result:
        """Run a function for the API, which waits so long; the function works on."""
        if len(json.dumps(event)) > _LARGEST_EVENT:
            return Result("too_large", None)
        working = self._entering.submit(self.pools[name].invoke, event)
        try:
            return working.result(longest_s)
        except NotYet:
            return Result("timeout", None)

    def _allowed(self, call: Call) -> bool:
        self.calls.append(call)
        return not self.rights.denied(call)

    def stop(self) -> None:
        """Kill the functions."""
        if self.held is not None:
            self.held.set()
        for pool in self.pools.values():
            pool.stop()
        self._entering.shutdown()
        self._invoking.shutdown()


@dataclass(frozen=True)
class HttpApi:
    """The HTTP API of a state: its routes, permissions and time limits.

    Its authoriser believes whoever says who they are: tokens and signatures are not checked here.
    """

    aws: LocalAws
    url: str

    def request(
        self, method: str, path: str, body: Any = None, *, who: str = "", key: str = ""
    ) -> tuple[int, Any]:
        """Answer as API Gateway does: status, and what the body says."""
        state = self.aws.state
        routes = {
            r["values"]["route_key"]: r["values"]
            for r in resources(state, "aws_apigatewayv2_route")
        }
        route = routes.get(f"{method} {path}") or routes.get("$default")
        if route is None:
            return 404, {"message": "Not Found"}
        if route["authorization_type"] != "NONE" and not who:
            return 403 if route["authorization_type"] == "AWS_IAM" else 401, {
                "message": "Forbidden"
            }
        integrations = {
            i["values"]["id"]: i["values"] for i in resources(state, "aws_apigatewayv2_integration")
        }
        integration = integrations[route["target"].removeprefix("integrations/")]
        target = integration["integration_uri"].split(":function:")[1].removesuffix("/invocations")
        name, _, qualifier = target.partition(":")
        _published(state, name, qualifier)
        api = _one(state, "aws_apigatewayv2_api")
        source = f"{api['execution_arn']}/$default/{route['route_key'].replace(' ', '')}"
        if not _permitted(state, (name, qualifier), "apigateway", source):
            return 500, {"message": "Internal Server Error"}
        self.aws.invoked.append(f"{name}:{qualifier}")
        authoriser = {
            "AWS_IAM": {"iam": {"userArn": arn("iam", f"user/{who}", region="")}},
            "JWT": {"jwt": {"claims": {"sub": who}, "scopes": None}},
        }.get(route["authorization_type"])
        headers = {"idempotency-key": key} if key else {}
        event = http_event(method, path, body, authoriser=authoriser, headers=headers)
        if len(json.dumps(body)) > _LARGEST_REQUEST:
            return _TOO_LARGE
        longest_ms = min(integration.get("timeout_milliseconds") or _LONGEST_MS, _LONGEST_MS)
        result = self.aws.enter(name, event, longest_ms / 1000 * _SLOWER)
        if result.kind == "too_large":
            return _TOO_LARGE
        if result.kind == "timeout":
            return 503, {"message": "Service Unavailable"}
        if result.kind != "response":
            return 500, {"message": "Internal Server Error"}
        text = result.body.get("body")
        return result.body["statusCode"], json.loads(text) if text else None


@contextmanager
def running(
    state: Mapping[str, Any], table: Mapping[str, Any], **options: Any
) -> Iterator[HttpApi]:
    """Run a style's state, with a table as another state defines it.

    Args:
        table: What ``CreateTable`` takes.
        options: ``packaged`` unpacks the functions' zips, else this project runs as it is;
            ``secrets`` by ARN; ``variables`` for each function; ``scratch`` a folder.
    """
    aws = LocalAws(state, options.get("secrets", {}))
    with ExitStack() as stack:
        server = stack.enter_context(standin_in_thread(OfflineModel(), more=aws.routes()))
        made = client(server.url)
        made.create_table(**table)
        stack.callback(made.close)
        stack.callback(lambda: made.delete_table(TableName=table["TableName"]))
        stack.callback(aws.stop)
        for each in resources(state, "aws_lambda_function"):
            values = each["values"]
            aws.pools[values["function_name"]] = Pool(_function(values, server.url, options))
        yield HttpApi(aws, server.url)


def client(url: str) -> Any:
    """Give a client of the table that is nobody's."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(signature_version=UNSIGNED)
    return boto3.client("dynamodb", region_name=REGION, endpoint_url=url, config=config)


def _function(values: Mapping[str, Any], url: str, options: Mapping[str, Any]) -> Function:
    name, folder = values["function_name"], None
    scratch: Path = options["scratch"]
    if options.get("packaged"):
        folder = unpacked(Path(values["filename"]))
    variables = {
        **values["environment"][0]["variables"],
        "BATUTA_HOME": str(scratch / name),
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": name,
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_EC2_METADATA_DISABLED": "true",
        **options.get("variables", {}),
    }
    return Function(
        handler=values["handler"],
        folder=folder,
        variables=variables,
        timeout_s=values["timeout"] * _SLOWER,
        name=name,
    )


def _definitions(state: Mapping[str, Any]) -> dict[str, AgentDefinition]:
    """Read the agent back from the state, as AWS has it."""
    agents = [each["values"] for each in resources(state, "aws_bedrockagent_agent")]
    if not agents:
        return {}
    group = _one(state, "aws_bedrockagent_agent_action_group")
    functions = group["function_schema"][0]["member_functions"][0]["functions"]
    kept = [
        {
            "name": f["name"],
            "description": f["description"],
            "parameters": {
                p["map_block_key"]: {k: p[k] for k in ("type", "description", "required")}
                for p in f["parameters"]
            },
        }
        for f in functions
    ]
    by_lambda = bool(group["action_group_executor"][0]["lambda"])
    return {
        agent["agent_id"]: AgentDefinition(
            name=agent["agent_name"],
            instruction=agent["instruction"],
            functions=tuple(kept),
            execution="lambda" if by_lambda else "return_control",
        )
        for agent in agents
    }


def _published(state: Mapping[str, Any], name: str, qualifier: str) -> None:
    """See that the alias is there and leads to the newest version."""
    functions = {
        f["values"]["function_name"]: f["values"] for f in resources(state, "aws_lambda_function")
    }
    aliases = {
        (a["values"]["function_name"], a["values"]["name"]): a["values"]["function_version"]
        for a in resources(state, "aws_lambda_alias")
    }
    assert aliases[name, qualifier] == functions[name]["version"]


def _permitted(state: Mapping[str, Any], function: tuple[str, str], who: str, source: str) -> bool:
    for each in resources(state, "aws_lambda_permission"):
        p = each["values"]
        pattern = re.escape(p["source_arn"]).replace(r"\*", ".*")
        if (
            (p["function_name"], p["qualifier"]) == function
            and p["principal"] == f"{who}.amazonaws.com"
            and p["action"] == "lambda:InvokeFunction"
            and re.fullmatch(pattern, source)
            and p.get("source_account") in (None, ACCOUNT)
        ):
            return True
    return False


def _one(state: Mapping[str, Any], kind: str) -> dict[str, Any]:
    (found,) = resources(state, kind)
    return found["values"]


def _who(headers: Mapping[str, str]) -> str:
    found = _WHO.search(headers.get("authorization", ""))
    return found[1] if found else ""


async def _read(scope: Any, receive: Any) -> tuple[dict[str, str], bytes]:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return {k.decode().lower(): v.decode() for k, v in scope["headers"]}, body


def _freed(asked: Mapping[str, Any]) -> bytes:
    """Leave out every condition of a transaction's puts."""
    kept = dict(asked)
    if "TransactItems" in asked:
        kept["TransactItems"] = [
            {
                kind: {k: v for k, v in of.items() if kind != "Put" or "Condition" not in k}
                for kind, of in each.items()
            }
            for each in asked["TransactItems"]
        ]
    return json.dumps(kept).encode()


def _again(body: bytes) -> Any:
    """Give a body that was read once more."""
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        found = next(parts, None)
        if found is None:
            await asyncio.Event().wait()  # the client stays
        return found

    return receive


async def _answer(send: Any, status: int, body: Any, error: str = "", of: str = "") -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
    if error:
        name = b"x-amz-function-error" if of else b"x-amzn-errortype"
        headers.append((name, error.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})
