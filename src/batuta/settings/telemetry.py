"""Where spans and metrics go: OpenTelemetry's own variables and Langfuse's, read in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from batuta.core.redaction import Secret
from batuta.errors import ConfigError

LANGFUSE = "https://cloud.langfuse.com"
_COLLECTOR = "http://localhost:4318"
_GRPC_COLLECTOR = "http://localhost:4317"
_CONTENT = {"span_only", "span_and_event", "true"}
_EXPORTERS = {"otlp", "console", "none"}
_PROTOCOLS = {"http/protobuf", "grpc"}
_SIGNED_BY = (
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
)
_MOST_QUEUED, _MOST_AT_ONCE, _DELAY_MS = 2_048, 512, 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TelemetrySettings:
    """What is sent, and where to.

    Args:
        traces: ``otlp``, ``console``, or empty for nowhere; ``metrics`` alike.
        traces_to: Full address that spans go to; ``metrics_to`` alike. It may hold a password.
        protocol: ``http/protobuf`` or ``grpc``.
        signed: Whether a plug-in of OpenTelemetry's exporter makes the requests to the collector.
        content: Whether what was said goes out too; secrets are masked in it all the same.
        langfuse: Where Langfuse is; empty for not at all.
        most_queued: Most runs that wait to be sent; what comes then is dropped, and counted.
        most_at_once: Most spans in one request.
        delay_s: Longest that a run waits, unless many do.
    """

    traces: str = ""
    metrics: str = ""
    traces_to: str = field(default="", repr=False)
    metrics_to: str = field(default="", repr=False)
    protocol: str = "http/protobuf"
    signed: bool = False
    content: bool = False
    langfuse: str = field(default="", repr=False)
    langfuse_public_key: str = field(default="", repr=False)
    langfuse_secret_key: Secret = field(default_factory=Secret)
    most_queued: int = _MOST_QUEUED
    most_at_once: int = _MOST_AT_ONCE
    delay_s: float = _DELAY_MS / 1000

    @property
    def sends(self) -> bool:
        """Whether anything goes anywhere."""
        return bool(self.traces or self.metrics or self.langfuse)


def read_telemetry(environment: Mapping[str, str]) -> TelemetrySettings:
    """Read OpenTelemetry's variables and Langfuse's; without any, nothing is sent.

    Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
    https://langfuse.com/docs/opentelemetry/get-started, read 2026-11.

    Raises:
        ConfigError: A value is not one of those that it may be, or half of Langfuse's keys is set.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return TelemetrySettings()
    protocol = _protocol(environment)
    public = environment.get("LANGFUSE_PUBLIC_KEY", "").strip()
    secret = environment.get("LANGFUSE_SECRET_KEY", "").strip()
    if bool(public) != bool(secret):
        missing = "LANGFUSE_SECRET_KEY" if public else "LANGFUSE_PUBLIC_KEY"
        raise ConfigError(f"{missing} is not set, while its partner is", "Set both, or neither.")
    host = environment.get("LANGFUSE_BASE_URL") or environment.get("LANGFUSE_HOST") or LANGFUSE
    captured = environment.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "")
    return TelemetrySettings(
        traces=_exporter("TRACES", environment),
        metrics=_exporter("METRICS", environment),
        traces_to=_address("TRACES", environment, protocol),
        metrics_to=_address("METRICS", environment, protocol),
        protocol=protocol,
        signed=any(environment.get(name, "").strip() for name in _SIGNED_BY),
        content=captured.strip().lower() in _CONTENT,
        langfuse=_url("LANGFUSE_BASE_URL", host) if public else "",
        langfuse_public_key=public,
        langfuse_secret_key=Secret(secret),
        most_queued=_count("OTEL_BSP_MAX_QUEUE_SIZE", environment, _MOST_QUEUED),
        most_at_once=_count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", environment, _MOST_AT_ONCE),
        delay_s=_count("OTEL_BSP_SCHEDULE_DELAY", environment, _DELAY_MS) / 1000,
    )


def _exporter(signal: str, environment: Mapping[str, str]) -> str:
    """Say where a signal goes: to a collector only where one was named."""
    name = f"OTEL_{signal}_EXPORTER"
    chosen = environment.get(name, "").strip().lower()
    if not chosen:
        named = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
        return "otlp" if any(environment.get(each, "").strip() for each in named) else ""
    if chosen not in _EXPORTERS:
        wanted = "otlp, console or none"
        raise ConfigError(f"{name} is {chosen!r}, not {wanted}", f"Set {name} to one of these.")
    return "" if chosen == "none" else chosen


def _protocol(environment: Mapping[str, str]) -> str:
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    name = next((each for each in names if environment.get(each, "").strip()), names[1])
    chosen = environment.get(name, "").strip().lower() or "http/protobuf"
    if chosen not in _PROTOCOLS:
        wanted = "http/protobuf or grpc"
        raise ConfigError(f"{name} is {chosen!r}, not {wanted}", f"Set {name} to one of these.")
    return chosen


def _address(signal: str, environment: Mapping[str, str], protocol: str) -> str:
    """Give the full address of a signal, as the specification makes it of the base address.

    Empty where it goes to no collector.
    """
    if _exporter(signal, environment) != "otlp":
        return ""
    own = environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "").strip()
    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if protocol == "grpc":
        return own or base or _GRPC_COLLECTOR
    return own or f"{(base or _COLLECTOR).rstrip('/')}/v1/{signal.lower()}"


def _url(name: str, value: str) -> str:
    value = value.strip().rstrip("/")
    if not value.startswith(("http://", "https://")) or " " in value:
        raise ConfigError(f"{name} is no URL", f"Set {name}, such as to {LANGFUSE}.")
    return value


def _count(name: str, environment: Mapping[str, str], default: int) -> int:
    """Read a number that is 1 or more; the specification wants what is none of them ignored."""
    raw = environment.get(name, "").strip()
    return int(raw) if raw.isdecimal() and int(raw) >= 1 else default
