"""The only reader of the environment and of ``batuta.toml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.core.model_settings import NAMES as MODEL_SETTINGS
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings.mcp import McpServerSettings, read_mcp
from batuta.settings.tables import (
    TABLES,
    VendorSettings,
    read_model_settings,
    read_models,
    read_placement,
    read_prices,
    read_vendors,
)
from batuta.settings.telemetry import TelemetrySettings, read_telemetry

if TYPE_CHECKING:
    from batuta.core.model_settings import ModelSettings
    from batuta.core.price import Price

__all__ = [
    "FILE",
    "PREFIX",
    "McpServerSettings",
    "Settings",
    "VendorSettings",
    "environment_of",
    "environment_with",
    "read_settings",
]

PREFIX = "BATUTA_"
FILE = "batuta.toml"
_OFFLINE = "offline:rules"
_NO_END = 1_000_000_000
_RANGES: dict[str, tuple[float, float]] = {
    "keep_days": (1, 36_500),
    "key_hours": (24, 876_000),
    "kept_chars": (1_000, _NO_END),
    "port": (0, 65_535),
    "message_chars": (1, _NO_END),
    "history_messages": (1, _NO_END),
    "concurrent_runs": (1, _NO_END),
    "concurrent_agents": (0, _NO_END),
    "caller_share": (0.01, 1),
    "wait_seconds": (0.001, _NO_END),
    "ready_seconds": (0, _NO_END),
    "tool_threads": (1, _NO_END),
    "requests_per_minute": (0, _NO_END),
    "body_bytes": (1, _NO_END),
    "api_body_bytes": (1, _NO_END),
    "attachment_bytes": (0, _NO_END),
    "url_seconds": (0.001, _NO_END),
    "connections": (1, _NO_END),
    "header_seconds": (0.001, _NO_END),
    "body_seconds": (0.001, _NO_END),
    "idle_seconds": (1, _NO_END),
    "wrong_keys_per_minute": (1, _NO_END),
    "run_seconds": (0.001, _NO_END),
    "run_cost_usd": (0, _NO_END),
    "model_seconds": (0.001, _NO_END),
    "max_output_tokens": (0, _NO_END),
    "continuations": (0, _NO_END),
    "concurrent_model_calls": (1, _NO_END),
    "reply_bytes": (1, _NO_END),
    "call_bytes": (1, _NO_END),
}


_CHOICES: dict[str, tuple[str, ...]] = {
    "on_disconnect": ("cancel", "detach"),
    "redact": ("secrets", "nothing"),
    "store": ("sqlite", "dynamodb"),
    "bedrock_execution": ("return_control", "lambda"),
    "show_reasoning": ("on_request", "always", "never"),
    "tls_clients": ("certified", "any"),
    "metrics": ("local", "all", "off"),
    "log_format": ("text", "json"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be set, by ``BATUTA_<NAME>`` or ``<name> = …`` in ``batuta.toml``.

    Args:
        app: App that is served where no command names one: ``tennis``, or ``module:attribute``.
        style: The only style served where no command names one; empty for all.
        home: Folder for sessions, records and bookings.
        store: What keeps them: sqlite, in files in the folder, or dynamodb.
        table: The DynamoDB table.
        bedrock_agent: The Bedrock Agent of style H as ``agent/alias``; empty for the stand-in here.
        bedrock_execution: Who does its actions: return_control, this process, or lambda, a function
            that is told by session attributes who asks.
        keep_days: How long sessions and records are kept after their last save.
        key_hours: How long a request's key gives the first answer again, at least, however many
            runs there have been since.
        redact: What is masked in what is kept: secrets, such as keys and card numbers, or nothing.
        kept_chars: Longest text that is kept; what is longer is cut, and says so.
        model: Default model of every style; several joined by ``|`` are tried in turn.
        framework: Whose loop drives single agents and managers, such as openai-agents or langgraph.
        now: ISO time at which the clock stands; empty for the machine's own.
        club: TOML file with the tennis club's courts, hours and zone; empty for the defaults.
        seed: JSON or TOML file with users and bookings to begin with; empty for none.
        host: Where ``serve`` listens.
        api_key: Of whoever asks through ``batuta mcp``, where there are keys.
        keys: JSON or TOML file with users and their API keys; empty for a development identity.
        metrics: Who may read ``/metrics`` of ``serve``: local, programs of this machine; all; off.
        log_format: How log lines of servers are written: text or json.
        doors: Other ways in that ``serve`` opens, by name, with commas; all installed, or none.
        a2a_grpc: Where A2A is spoken over gRPC too, as host:port; empty for not.
        api_body_bytes: Longest body at the OpenAI-compatible door, whose clients send all that was
            said each time.
        user_jwt_secret: Lets a front end say which of its users asks, by a token that it signs
            with this; empty for not.
        trusted_addresses: Addresses or networks, with commas, from which a front end's plain
            headers say which of its users asks; empty for none.
        session_header: Another header by which a front end names its chats.
        message_chars: Longest message.
        history_messages: Most messages of a conversation that a model sees.
        concurrent_runs: Most runs at once at a door.
        concurrent_agents: Most agents at work at once under a style; 0 for as many as runs.
        caller_share: Part of what other callers leave that one may take, of runs, agents, calls of
            a model and threads alike.
        wait_seconds: Longest that a run waits until it may begin; it takes nothing of the run's.
        ready_seconds: Longest that a call waits for an agent that is not ready; 0 refuses it.
        tool_threads: Most plain ``def`` tools at once.
        requests_per_minute: Most requests of one principal; 0 for no limit.
        body_bytes: Longest HTTP body, but for images and files.
        attachment_bytes: Most bytes of a message's images and files together; 0 takes none.
        attachment_urls: Hosts from which images and files are fetched that a message names by URL,
            with commas; * for every public one, empty for none.
        url_seconds: For one of them to arrive.
        connections: Most connections to ``serve`` at once; fewer where the process has not the
            descriptors for them.
        header_seconds: For a request to arrive, up to its body.
        body_seconds: For its body.
        idle_seconds: For the next request on the same connection.
        wrong_keys_per_minute: Most wrong API keys of one address that are told to be wrong.
        run_seconds: Longest run.
        run_cost_usd: Dearest run.
        on_disconnect: What a run does when its client leaves: cancel or detach.
        model_seconds: Longest call of a model, to its last byte.
        max_output_tokens: Most tokens that one call of a model may write, its thoughts included; 0
            for what the model can, within the run's budget.
        continuations: How often a text that was cut off at that limit is gone on with.
        client_settings: Model settings that a request at a door may bring, by name, with commas.
        show_reasoning: When readers see summaries of thoughts: on_request, always or never.
        concurrent_model_calls: Most calls of one model at once.
        reply_bytes: Longest reply of a model.
        secret: Signs who is asking in calls between processes; the same in each.
        tls_cert: Own certificate of a process that hosts agents, or shows one to hosts.
        tls_key: Its key.
        tls_ca: Certificates that sign those of the other processes.
        tls_clients: Whom a host with ``tls_ca`` takes: certified (mutual TLS) or any.
        call_bytes: Longest message between processes.
        durable: Records every step of a run so that it survives a crash: ``sqlite`` for a file in
            the home, or the ``postgresql://`` URL of a database; empty for not.
        slot: Stable name of this process among those that share durable runs; empty takes one
            that is free.
        mcp: Tables ``[mcp.<name>]``: servers whose tools the App uses as its own.
        models: Table ``[models]``: model of a step, specialist or style, and ``default``.
        model_settings: Tables ``[model_settings.<name>]``: how the models of a step, specialist or
            style are asked, and of ``default``.
        placement: Tables ``[placement.<style>]``: addresses of agents that live elsewhere; as
            JSON in ``BATUTA_PLACEMENT``, which stands for all of them.
        prices: Tables ``[prices."provider:model"]``: what a model costs here.
        vendors: Key and address of each vendor, from its own variables or its table.
        telemetry: Where spans and metrics go, from OpenTelemetry's own variables and Langfuse's.
    """

    app: str = "tennis"
    style: str = ""
    home: Path = Path(".batuta")
    store: str = "sqlite"
    table: str = "batuta"
    bedrock_agent: str = ""
    bedrock_execution: str = "return_control"
    keep_days: int = 90
    key_hours: int = 24
    redact: str = "secrets"
    kept_chars: int = 100_000
    model: str = _OFFLINE
    framework: str = "openai-agents"
    now: str = ""
    club: str = ""
    seed: str = ""
    host: str = "127.0.0.1"
    api_key: Secret = Secret()  # noqa: RUF009 - it never changes
    port: int = 8000
    keys: str = ""
    metrics: str = "local"
    log_format: str = "text"
    doors: str = "all"
    a2a_grpc: str = ""
    api_body_bytes: int = 1_048_576
    user_jwt_secret: Secret = Secret()  # noqa: RUF009 - it never changes
    trusted_addresses: str = ""
    session_header: str = ""
    message_chars: int = 4_000
    history_messages: int = 40
    concurrent_runs: int = 100
    concurrent_agents: int = 0
    caller_share: float = 0.9
    wait_seconds: float = 30.0
    ready_seconds: float = 0.0
    tool_threads: int = 32
    requests_per_minute: int = 600
    body_bytes: int = 65_536
    attachment_bytes: int = 5_000_000
    attachment_urls: str = ""
    url_seconds: float = 10.0
    connections: int = 1_000
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: int = 5
    wrong_keys_per_minute: int = 20
    run_seconds: float = 120.0
    run_cost_usd: float = 1.0
    on_disconnect: str = "cancel"
    model_seconds: float = 60.0
    max_output_tokens: int = 0
    continuations: int = 0
    client_settings: str = ""
    show_reasoning: str = "on_request"
    concurrent_model_calls: int = 32
    reply_bytes: int = 10_000_000
    secret: Secret = Secret()  # noqa: RUF009 - it never changes
    tls_cert: str = ""
    tls_key: str = ""
    tls_ca: str = ""
    tls_clients: str = "certified"
    call_bytes: int = 16_777_216
    durable: str = field(default="", repr=False)  # a URL may hold a password
    slot: str = ""
    mcp: Mapping[str, McpServerSettings] = field(default_factory=dict[str, McpServerSettings])
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    model_settings: Mapping[str, ModelSettings] = field(default_factory=dict[str, "ModelSettings"])
    placement: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=dict[str, Mapping[str, tuple[str, ...]]]
    )
    prices: Mapping[str, Price] = field(default_factory=dict[str, "Price"])
    vendors: Mapping[str, VendorSettings] = field(default_factory=dict[str, VendorSettings])
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)

    def __post_init__(self) -> None:
        for name, words in _CHOICES.items():
            if getattr(self, name) not in words:
                *first, last = words
                raise _wrong(name, getattr(self, name), f"{', '.join(first)} or {last}")
        strange = [name for name in self.settable if name not in MODEL_SETTINGS]
        if strange:
            wanted = f"names of model settings: {', '.join(MODEL_SETTINGS)}"
            raise _wrong("client_settings", self.client_settings, wanted)
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                wanted = f"{least} or more" if most == _NO_END else f"{least} to {most}"
                raise _wrong(name, value, wanted)

    @property
    def settable(self) -> tuple[str, ...]:
        """Names of the model settings that a request may bring."""
        return tuple(filter(None, map(str.strip, self.client_settings.split(","))))

    @property
    def default_model(self) -> str:
        """The model of whatever has none of its own: ``model``, else ``default`` of ``models``."""
        return self.model if self.model != _OFFLINE else self.models.get("default", _OFFLINE)

    @property
    def database(self) -> Path:
        """The file with sessions and run records."""
        return self.home / "batuta.db"

    @property
    def requests(self) -> Path:
        """The file with the requests that may be sent again, and what was begun for them."""
        return self.home / "requests.db"

    @property
    def attachments(self) -> Path:
        """The file with the bytes of images and files."""
        return self.home / "attachments.db"

    @property
    def bookings(self) -> Path:
        """The file with the tennis club's bookings."""
        return self.home / "tennis.db"


def read_settings(environment: Mapping[str, str] | None = None, folder: Path = Path()) -> Settings:
    """Read the settings: defaults, then ``batuta.toml`` in the folder, then the environment.

    Args:
        environment: None takes the process's own.

    Raises:
        ConfigError: A name is unknown in the file, or a value does not fit.
    """
    given: dict[str, Any] = _from_file(folder / FILE)
    source = os.environ if environment is None else environment
    tables = {name: given.pop(name, {}) for name in TABLES}
    for name in _KINDS:
        raw = source.get(PREFIX + name.upper())
        if raw is not None:
            given[name] = raw
    models = read_models(tables["models"])
    if PREFIX + "MODEL" in source:
        models.pop("default", None)
    return Settings(
        mcp=read_mcp(tables["mcp"], source),
        models=models,
        model_settings=read_model_settings(tables["model_settings"]),
        placement=read_placement(source.get(PREFIX + "PLACEMENT") or tables["placement"]),
        prices=read_prices(tables["prices"]),
        vendors=read_vendors(tables, source),
        telemetry=read_telemetry(source),
        **{name: _converted(name, raw) for name, raw in given.items()},
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """Give the environment in which another process reads the same settings.

    Tables stay in the file, and the vendors' keys in their own variables: it has those as well.
    """
    plain = {name: str(getattr(settings, name)) for name in _KINDS}
    plain |= {"home": str(settings.home.resolve()), "model": settings.default_model}
    plain |= {
        name: getattr(settings, name).reveal() for name, kind in _KINDS.items() if kind is Secret
    }
    del plain["api_key"]
    return environment_with(**{PREFIX + name.upper(): value for name, value in plain.items()})


def environment_with(**more: str) -> dict[str, str]:
    """Give this process's environment with some variables set, for a tool that it starts."""
    return {**os.environ, **more}


_KINDS: dict[str, Any] = {
    f.name: Path if isinstance(f.default, Path) else type(f.default)
    for f in fields(Settings)
    if f.default is not MISSING
}


_WORDS = {str: "text", int: "a whole number", float: "a number", Path: "a path"}


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    import tomllib

    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", "Mend the file.") from error
    known = [*_KINDS, *TABLES]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ConfigError(
            f"{path} sets {', '.join(unknown)}, which nobody reads", f"Known: {', '.join(known)}."
        )
    return given


def _converted(name: str, raw: Any) -> Any:
    """Turn text from the environment, or a TOML value of the right kind, into the setting."""
    kind = _KINDS[name]
    if kind is Secret:  # told of without its value
        if not isinstance(raw, str):
            raise _wrong(name, type(raw).__name__, "text")
        return Secret(raw)
    fits = isinstance(raw, str) or (isinstance(raw, kind) and not isinstance(raw, bool))
    fits = fits or (kind is float and type(raw) is int)
    try:
        if fits:
            return kind(raw)
    except ValueError as error:
        raise _wrong(name, raw, _WORDS[kind]) from error
    raise _wrong(name, raw, _WORDS[kind])


def _wrong(name: str, value: object, wanted: str) -> ConfigError:
    return ConfigError(
        f"Setting {name} is {value!r}, not {wanted}",
        f"Set {PREFIX}{name.upper()} or {name} in {FILE}.",
    )
