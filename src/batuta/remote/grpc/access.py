"""Who may call and how the line is protected: the shared secret, TLS, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.remote.signing import shared_key

if TYPE_CHECKING:
    import grpc


MESSAGE_BYTES = 16 * 1024 * 1024


class AccessSettings(Protocol):
    """The settings that matter here; what is empty is not set."""

    @property
    def secret(self) -> Secret:
        """What signs who is asking."""
        ...

    @property
    def tls_cert(self) -> str:
        """File of the own certificate."""
        ...

    @property
    def tls_key(self) -> str:
        """File of its key."""
        ...

    @property
    def tls_ca(self) -> str:
        """File of the authorities that sign the other side's."""
        ...

    @property
    def tls_clients(self) -> str:
        """Whom a host takes: certified or any."""
        ...

    @property
    def call_bytes(self) -> int:
        """Longest message."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What two processes must agree on to call each other.

    Args:
        secret: Signs who is asking; the same in every process, of 32 bytes or more.
        tls_cert: Own certificate, with ``tls_key``: a host then speaks TLS, a caller shows it.
        tls_ca: Certificates that sign the other side's. A caller then speaks TLS; a host asks for
            a certificate too (mutual TLS), unless ``any_client``.
        any_client: A host with ``tls_ca`` takes callers without a certificate.
        message_bytes: Longest message that is sent or taken.
    """

    secret: Secret = field(default_factory=Secret)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    any_client: bool = False
    message_bytes: int = MESSAGE_BYTES

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError(
                "tls_cert and tls_key go together and one is missing", "Set both, or none."
            )

    @classmethod
    def of(cls, settings: AccessSettings) -> Self:
        """Read it from the settings."""

        def path(text: str) -> Path | None:
            return Path(text) if text else None

        return cls(
            secret=settings.secret,
            tls_cert=path(settings.tls_cert),
            tls_key=path(settings.tls_key),
            tls_ca=path(settings.tls_ca),
            any_client=settings.tls_clients == "any",
            message_bytes=settings.call_bytes,
        )

    def key(self) -> str:
        """Give the secret.

        Raises:
            ConfigError: There is none, or it is too short.
        """
        return shared_key(self.secret)

    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """Give what a caller speaks TLS with; None for plain text.

        Raises:
            ConfigError: A file cannot be read, or the key is another certificate's.
        """
        import grpc

        if self.tls_ca is None and self.tls_cert is None:
            return None
        self._check()
        return grpc.ssl_channel_credentials(
            _read(self.tls_ca), _read(self.tls_key), _read(self.tls_cert)
        )

    def server_credentials(self) -> grpc.ServerCredentials | None:
        """Give what a host speaks TLS with; None for plain text.

        Raises:
            ConfigError: A file cannot be read, the key is another certificate's, or there is no
                certificate of its own.
        """
        import grpc

        if self.tls_cert is None:
            if self.tls_ca is None:
                return None
            raise ConfigError(
                "tls_ca is set, but a host needs a certificate of its own",
                "Set tls_cert and tls_key too.",
            )
        self._check()
        pair = (_read(self.tls_key) or b"", _read(self.tls_cert) or b"")
        asks = self.tls_ca is not None and not self.any_client
        return grpc.ssl_server_credentials(
            [pair], _read(self.tls_ca) if asks else None, require_client_auth=asks
        )

    def _check(self) -> None:
        """Read the files as OpenSSL does; gRPC says of none what is wrong with it."""
        import ssl

        for path in (self.tls_cert, self.tls_key, self.tls_ca):
            _read(path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            if self.tls_ca is not None:
                context.load_verify_locations(self.tls_ca)
        except (ssl.SSLError, ValueError) as error:
            raise ConfigError(
                f"tls_ca {self.tls_ca} holds no certificate in PEM", "Name the right file."
            ) from error
        if self.tls_cert is None or self.tls_key is None:
            return
        try:
            context.load_cert_chain(self.tls_cert, self.tls_key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise _unfit(self.tls_cert, self.tls_key, error) from error


def _no_password() -> str:
    """Keep OpenSSL from asking the terminal; gRPC takes no key that needs one."""
    return ""


def _unfit(cert: Path, key: Path, error: Exception) -> ConfigError:
    import ssl

    reason = error.reason if isinstance(error, ssl.SSLError) else ""
    if reason == "KEY_VALUES_MISMATCH":
        return ConfigError(
            f"tls_key {key} is not the key of tls_cert {cert}",
            "Set the two that were made together.",
        )
    return ConfigError(
        f"tls_cert {cert} and tls_key {key} are no certificate and key in PEM without a password"
        + (f" ({reason})" if reason else ""),
        "Name the right files.",
    )


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", "Check the tls settings."
        ) from error
