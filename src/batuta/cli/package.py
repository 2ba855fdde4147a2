"""``batuta package``: a zip for AWS Lambda."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import Json, ModelName
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.packaging import Package, PackageSpec
    from batuta.packaging.measuring import ColdStart
    from batuta.settings import Settings

_MB = 1_000_000


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
        bool, typer.Option("--measure", help="Measure a cold start's CPU time, on this machine.")
    ] = False
    json: Json = False


def package(options: PackageOptions) -> None:
    """Build a zip for AWS Lambda, without Docker.

    From the locked project that this folder belongs to.
    """
    from batuta.packaging import PackageSpec, build_package
    from batuta.packaging.aims import passed_aims
    from batuta.packaging.build import HERE
    from batuta.styles import find_style

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
    managed = find_style(spec.style).runs == "managed"
    agent = asyncio.run(agent_beside(target)) if managed else None
    cost = asyncio.run(_measured(spec, made)) if options.measure else None
    if options.json:
        print(json.dumps(_fields(spec, made, cost)))
        return
    print(f"{made.path}: {made.zipped / _MB:.1f} MB, {made.unzipped / _MB:.1f} MB unzipped")
    print(f"  sha256   {made.sha256}")
    print(f"  extras   {', '.join(made.extras)}")
    print(f"  runtime  python{spec.python} on {spec.arch}")
    print("  handler  batuta.serve.aws_lambda.handler")
    if agent is not None:
        print(f"  agent    {agent}, for Terraform")
    if cost is not None:
        print(f"  import   {cost.importing:.0f} ms of CPU on this machine")
        print(f"  opening  {cost.opening:.0f} ms, to the answer to GET /health")
        if cost.replying is not None:
            print(f"  reply    {cost.replying:.0f} ms, to a first message's, without a vendor")
    for said in passed_aims(spec.style, made.zipped, cost and cost.opening):
        print(f"  {said}")


@asynccontextmanager
async def _opened() -> AsyncGenerator[tuple[App, Settings]]:
    """Open the App that the settings name, in a folder that ends with the look."""
    from batuta.cli.opening import app_for, settings_for

    with tempfile.TemporaryDirectory(prefix="batuta-package-") as home:
        settings = settings_for(Path(home))
        app = await app_for(settings.app, settings)
        try:
            yield app, settings
        finally:
            if app.close is not None:
                await app.close()


async def agent_beside(target: Path) -> Path:
    """Write what the Bedrock Agent of style H is made of, beside the zip."""
    from batuta.models.bedrock_agent import (
        agent_definition,
        read_guardrail,
        read_knowledge_bases,
    )
    from batuta.settings.tables import VendorSettings

    async with _opened() as (app, settings):
        beside = settings.vendors.get("bedrock", VendorSettings())
        definition = agent_definition(
            app.name,
            app.instructions,
            [tool.schema for tool in app.tools],
            guardrail=read_guardrail(beside.guardrail),
            knowledge_bases=read_knowledge_bases(beside.knowledge_bases),
        )
    file = target.with_name("agent-h.json")
    file.write_text(json.dumps(definition.to_json(), indent=2) + "\n", "utf-8")
    return file


async def _measured(spec: PackageSpec, made: Package) -> ColdStart:
    from batuta.packaging.build import runs_here
    from batuta.packaging.measuring import cold_start
    from batuta.styles import app_style

    if not runs_here(spec):
        raise ConfigError(
            f"This machine cannot run a package for python{spec.python} on {spec.arch}",
            "Leave out --measure, or build for this machine.",
        )
    async with _opened() as (app, settings):
        return cold_start(made.path, sys.executable, app_style(app, spec.style, settings))


def _fields(spec: PackageSpec, made: Package, cost: ColdStart | None) -> dict[str, object]:
    return {
        "path": str(made.path),
        "sha256": made.sha256,
        "zipped_bytes": made.zipped,
        "unzipped_bytes": made.unzipped,
        "extras": list(made.extras),
        "style": spec.style,
        "arch": spec.arch,
        "python": spec.python,
        "import_cpu_ms": cost and cost.importing,
        "opening_cpu_ms": cost and cost.opening,
        "reply_cpu_ms": cost and cost.replying,
    }
