"""What a provider's module makes: a model that sends, and how to end it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.models import Model
from pydantic_ai.output import StructuredOutputMode
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings

from batuta.core.wire import SeenResponse

Output = StructuredOutputMode | None
# Schemas are turned once, by the dresser, and not for each request again.
SCHEMAS_AS_THEY_ARE = ModelProfile(json_schema_transformer=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorWire:
    """An open way to one model.

    Args:
        model: Sends requests whose schemas are already as the vendor wants them.
        dresser: Makes schemas as the vendor wants them.
        output: How to ask for a structured reply; None leaves it to pydantic-ai's profile of the
            model.
        settings: Sent with every request.
        takes_temperature: Whether the model may be told a temperature.
        raises: What the SDK may let through that is no error of pydantic-ai.
        guard: Stands around a call; closes its connection when the call is given up. Gives what is
            seen of the response below the SDK, where that can be seen.
    """

    model: Model[Any]
    dresser: Model[Any]
    close: Callable[[], Awaitable[None]]
    raises: tuple[type[Exception], ...]
    output: Output = None
    settings: ModelSettings = field(default_factory=ModelSettings)
    takes_temperature: bool = True
    guard: Callable[[], AbstractContextManager[SeenResponse | None]] = nullcontext
