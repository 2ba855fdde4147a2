"""``batuta package``: a zip for AWS Lambda."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import Json, ModelName
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.packaging import Package, PackageSpec

_MB = 1_000_000
_SMALL, _LARGE = (15.0, 600.0), (35.0, 2000.0)
_AIMS = {"e": _LARGE, "f": _LARGE, "g": _LARGE}
"""Most MB zipped, and most CPU milliseconds for opening, of the styles with an agents' SDK."""


@dataclass(frozen=True, kw_only=True)
class PackageOptions:
    """What ``batuta package`` takes."""

    style: Annotated[str, typer.Option(metavar="KEY", help="Control style that it serves.")]
    model: ModelName = ""
    extra: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A further extra, such as rag.")
    ] = None
    arch: Annotated[
        str, typer.Option(metavar="NAME", help="Lambda's machine: arm64 or x86_64.")
    ] = "arm64"
    python: Annotated[
        str, typer.Option(metavar="VERSION", help="Lambda's Python, else the one that runs now.")
    ] = ""
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The zip to write.")] = None
    offline: Annotated[bool, typer.Option("--offline", help="Use uv's cache alone.")] = False
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure what opening it costs, on this machine.")
    ] = False
    json: Json = False


def package(options: PackageOptions) -> None:
    """Build a zip for AWS Lambda, without Docker.

    From the locked project that this folder belongs to.
    """
    from batuta.packaging import PackageSpec, build_package
    from batuta.packaging.build import HERE

    spec = PackageSpec(
        style=options.style,
        model=options.model,
        extras=tuple(options.extra or ()),
        arch=options.arch,
        python=options.python or HERE,
        project=Path.cwd(),
        offline=options.offline,
    )
    target = options.out or Path("dist", f"lambda-{options.style.lower()}-{options.arch}.zip")
    made = build_package(spec, target)
    agent = asyncio.run(agent_beside(target)) if spec.style.lower() == "h" else None
    cpu_ms = _measured(spec, made) if options.measure else None
    if options.json:
        print(json.dumps(_fields(spec, made, cpu_ms)))
        return
    print(f"{made.path}: {made.zipped / _MB:.1f} MB, {made.unzipped / _MB:.1f} MB unzipped")
    print(f"  sha256   {made.sha256}")
    print(f"  extras   {', '.join(made.extras)}")
    print(f"  runtime  python{spec.python} on {spec.arch}")
    print("  handler  batuta.serve.aws_lambda.handler")
    if agent is not None:
        print(f"  agent    {agent}, for Terraform")
    if cpu_ms is not None:
        print(f"  opening  {cpu_ms:.0f} ms of CPU on this machine")
    most_mb, most_ms = _AIMS.get(spec.style.lower(), _SMALL)
    if made.zipped / _MB > most_mb:
        print(f"  larger than this style should be ({most_mb:.0f} MB)")
    if cpu_ms is not None and cpu_ms > most_ms:
        print(f"  slower to open than this style should be ({most_ms:.0f} ms)")


async def agent_beside(target: Path) -> Path:
    """Write what the Bedrock Agent of style H is made of, beside the zip."""
    from batuta.cli.opening import app_for, settings_for
    from batuta.models.bedrock_agent import agent_definition

    with tempfile.TemporaryDirectory(prefix="batuta-agent-") as home:
        settings = settings_for(Path(home))
        app = await app_for(settings.app, settings)
        definition = agent_definition(
            app.name, app.instructions, [tool.schema for tool in app.tools]
        )
        if app.close is not None:
            await app.close()
    file = target.with_name("agent-h.json")
    file.write_text(json.dumps(definition.to_json(), indent=2) + "\n", "utf-8")
    return file


def _measured(spec: PackageSpec, made: Package) -> float:
    from batuta.packaging.build import runs_here
    from batuta.packaging.measuring import opening_cpu_ms

    if not runs_here(spec):
        raise ConfigError(
            f"This machine cannot run a package for python{spec.python} on {spec.arch}",
            "Leave out --measure, or build for this machine.",
        )
    return opening_cpu_ms(made.path, sys.executable, spec.style)


def _fields(spec: PackageSpec, made: Package, cpu_ms: float | None) -> dict[str, object]:
    return {
        "path": str(made.path),
        "sha256": made.sha256,
        "zipped_bytes": made.zipped,
        "unzipped_bytes": made.unzipped,
        "extras": list(made.extras),
        "style": spec.style,
        "arch": spec.arch,
        "python": spec.python,
        "opening_cpu_ms": cpu_ms,
    }
