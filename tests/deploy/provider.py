"""A provider ``hashicorp/aws`` made of its schema, so that the real terraform works without AWS.

It knows names and types, and what is required; of values it knows nothing. What AWS would answer
is made up by a ``Cloud``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import grpc
import msgpack

HERE = Path(__file__).parent
SCHEMA: Mapping[str, Any] = json.loads((HERE / "provider_schema.json").read_text())
Values = dict[str, Any]

_UNKNOWN = msgpack.ExtType(0, b"\0")
_NESTING = {"single": 1, "list": 2, "set": 3}
_WRITE_ONLY = "_wo"
_RENEWED = {"aws_lambda_function": ("source_code_hash", ("version", "qualified_arn"))}
"""Of a type, an argument whose change gives others a new value."""


class Cloud(Protocol):
    """What AWS would do."""

    def create(self, kind: str, values: Values, given: Values) -> Values:
        """Make a resource and give what AWS computes; ``given`` has the write-only arguments."""
        ...

    def update(self, kind: str, values: Values, given: Values) -> Values:
        """Change a resource and give what AWS computes anew."""
        ...

    def read(self, kind: str, values: Values) -> Values:
        """Answer a data source."""
        ...


@contextmanager
def provider(cloud: Cloud, folder: Path) -> Iterator[dict[str, str]]:
    """Serve the provider; give the environment in which terraform uses it.

    Args:
        folder: For its socket.
    """
    wire = _wire(folder)
    plugin = _Plugin(wire, cloud)
    calls: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "GetSchema": (wire.Nothing, plugin.schema),
        "PrepareProviderConfig": (
            wire.PrepareProviderConfigRequest,
            lambda asked: wire.PrepareProviderConfigResponse(prepared_config=asked.config),
        ),
        "ValidateResourceTypeConfig": (wire.Nothing, lambda _: wire.ValidateResponse()),
        "ValidateDataSourceConfig": (wire.Nothing, lambda _: wire.ValidateResponse()),
        "Configure": (wire.Nothing, lambda _: wire.ValidateResponse()),
        "UpgradeResourceState": (wire.UpgradeResourceStateRequest, plugin.upgrade),
        "ReadResource": (
            wire.ReadResourceRequest,
            lambda asked: wire.ReadResourceResponse(new_state=asked.current_state),
        ),
        "PlanResourceChange": (wire.PlanResourceChangeRequest, plugin.plan),
        "ApplyResourceChange": (wire.ApplyResourceChangeRequest, plugin.apply),
        "ReadDataSource": (wire.ReadDataSourceRequest, plugin.read),
        "Stop": (wire.Nothing, lambda _: wire.StopResponse()),
    }
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.max_send_message_length", -1)])
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            lambda asked, _, answer=answer: answer(asked),
            request_deserializer=kind.FromString,
            response_serializer=_serialised,
        )
        for name, (kind, answer) in calls.items()
    }
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers),)
    )
    socket = folder / "provider.sock"
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    known = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": {"Network": "unix", "String": str(socket)},
    }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({"hashicorp/aws": known})}
    finally:
        server.stop(0).wait()


class _Plugin:
    def __init__(self, wire: Any, cloud: Cloud) -> None:
        self._wire, self._cloud = wire, cloud

    def schema(self, asked: Any) -> Any:
        made = self._wire.GetSchemaResponse(provider=self._schema(SCHEMA["provider"]))
        for name, block in SCHEMA["resource"].items():
            made.resource_schemas[name].CopyFrom(self._schema(block))
        for name, block in SCHEMA["data"].items():
            made.data_source_schemas[name].CopyFrom(self._schema(block))
        return made

    def upgrade(self, asked: Any) -> Any:
        state = self._wire.DynamicValue(json=asked.raw_state.json)
        return self._wire.UpgradeResourceStateResponse(upgraded_state=state)

    def plan(self, asked: Any) -> Any:
        before, after = _read(asked.prior_state), _read(asked.proposed_new_state)
        if after is not None:
            for name in _renewed(asked.type_name, before, after):
                after[name] = _UNKNOWN
            after |= {name: None for name in after if name.endswith(_WRITE_ONLY)}
        return self._wire.PlanResourceChangeResponse(
            planned_state=self._value(after), legacy_type_system=True
        )

    def apply(self, asked: Any) -> Any:
        before, after, given = map(_read, (asked.prior_state, asked.planned_state, asked.config))
        try:
            if after is not None:
                do = self._cloud.create if before is None else self._cloud.update
                made = do(asked.type_name, {**after, "": before}, given or {})
                for name, value in after.items():
                    if isinstance(value, msgpack.ExtType):
                        after[name] = made.get(name, _blank(asked.type_name, name))
        except Exception as error:  # whatever goes wrong is terraform's to report
            problem = {"severity": 1, "summary": f"{asked.type_name}: {error!r}"}
            return self._wire.ApplyResourceChangeResponse(
                new_state=self._value(before), diagnostics=[problem]
            )
        return self._wire.ApplyResourceChangeResponse(
            new_state=self._value(after), legacy_type_system=True
        )

    def read(self, asked: Any) -> Any:
        values = _read(asked.config) or {}
        try:
            found = self._cloud.read(asked.type_name, values)
        except LookupError as error:
            problem = {"severity": 1, "summary": str(error)}
            return self._wire.ReadDataSourceResponse(diagnostics=[problem])
        return self._wire.ReadDataSourceResponse(state=self._value({**values, **found}))

    def _value(self, value: Any) -> Any:
        return self._wire.DynamicValue(msgpack=msgpack.packb(value))

    def _schema(self, block: Mapping[str, Any]) -> Any:
        return self._wire.Schema(block=self._block(block))

    def _block(self, block: Mapping[str, Any]) -> Any:
        made = self._wire.Schema.Block()
        for name, each in block["attributes"].items():
            ways = {way: each.get(way, False) for way in ("required", "optional", "computed")}
            made.attributes.add(
                name=name,
                type=json.dumps(each["type"]).encode(),
                write_only=name.endswith(_WRITE_ONLY),
                **ways,
            )
        for name, each in block["blocks"].items():
            made.block_types.add(
                type_name=name,
                block=self._block(each),
                nesting=_NESTING[each["nesting"]],
                min_items=int(each["required"]),
                max_items=each.get("most", 0),
            )
        return made


def _serialised(message: Any) -> bytes:
    return message.SerializeToString()


def _read(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack) if value.msgpack else None


def _renewed(kind: str, before: Values | None, after: Values) -> list[str]:
    attributes = SCHEMA["resource"][kind]["attributes"]
    if before is None:
        return [n for n, a in attributes.items() if a.get("computed") and after.get(n) is None]
    cause, names = _RENEWED.get(kind, ("id", ()))
    return list(names) if before[cause] != after[cause] else []


def _blank(kind: str, name: str) -> Any:
    """Give some value of the right type where nobody cares which."""
    shape = SCHEMA["resource"][kind]["attributes"][name]["type"]
    if isinstance(shape, list):
        return {} if shape[0] == "map" else []
    return {"number": 1, "bool": False}.get(shape, f"{kind}.{name}")


def _wire(folder: Path) -> ModuleType:
    from grpc_tools import protoc

    if "plugin_pb2" in sys.modules:
        return sys.modules["plugin_pb2"]
    words = ["protoc", f"-I{HERE}", f"--python_out={folder}", str(HERE / "plugin.proto")]
    assert protoc.main(words) == 0
    spec = importlib.util.spec_from_file_location("plugin_pb2", folder / "plugin_pb2.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["plugin_pb2"] = made
    spec.loader.exec_module(made)
    return made
