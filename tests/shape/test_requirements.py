"""Nobody is told to install a stranger's package, or one that is not on the index."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.shape.requirements import makers, texts, unpublished
from tests.shape.sources import ROOT, Source
from tests.shape.verdict import complaints

PAGE = "docs/page.md"


def test_pages_and_messages_ask_for_paths_or_published_names() -> None:
    said = complaints(unpublished(texts()), (), {"requirement"})

    assert not said, "\n" + "\n".join(said)


def test_one_place_in_the_source_says_how_to_install_an_extra() -> None:
    said = complaints(makers(texts()), (), {"install-command"})

    assert not said, "use errors.install_command:\n" + "\n".join(said)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pip install batuta", ["batuta"]),
        ("Run: pip install 'batuta[grpc]'.", ["batuta"]),
        ("`pip install 'batuta[grpc]'`, `KEY`", ["batuta"]),
        ("uv pip install --python x -q batuta_agents", ["batuta_agents", "x"]),
        ("\"Run: uv add 'batuta-agents[cli]'\"", ["batuta-agents"]),
        ("python -m pip install nobody-has-this scikit-learn", ["nobody-has-this"]),
        ("uvx batuta demo", ["batuta", "demo"]),
        ("pip install scikit-learn 'uv>=0.9,<0.14'  # batuta", []),
        ("pip install '/path/to/batuta_agents-0.1.0-py3-none-any.whl[grpc]'", []),
        ("uv add --dev ./batuta '../batuta[cli]'", []),
        ("./scripts/uv.sh sync --inexact --extra grpc", []),
        ("batuta doctor", []),
    ],
)
def test_a_name_is_found_and_a_path_is_none(text: str, names: list[str]) -> None:
    found = [f.place.partition("::")[2] for f in unpublished([Source(PAGE, text)])]

    assert sorted(found) == names


@pytest.mark.parametrize(
    ("path", "text", "number"),
    [
        ("src/batuta/cli/serve.py", "'Run: pip install x'", 1),
        ("src/batuta/cli/serve.py", 'name = f"batuta[{extra}]"', 1),
        ("src/batuta/cli/serve.py", "missing_extra('It needs x', 'serve')", 0),
        ("src/batuta/errors/installation.py", "'pip install x'", 0),
        (PAGE, "pip install x", 0),
    ],
)
def test_a_second_maker_is_found(path: str, text: str, number: int) -> None:
    assert len(list(makers([Source(path, text)]))) == number


def test_extras_that_are_named_exist() -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = set(known["optional-dependencies"])
    named = {
        extra
        for text in texts()
        if text.path.endswith((".md", "Makefile", "Dockerfile"))
        for extra in re.findall(r"--extra ([a-z0-9-]+)", text.text)
    }
    assert named
    assert named <= extras

    page = (ROOT / "docs/install.md").read_text()
    table = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    assert {name for cell in table for name in re.findall(r"`([a-z0-9-]+)`", cell)} == extras


def test_the_page_says_what_the_demo_installs() -> None:
    demo = (ROOT / "Makefile").read_text().partition("\ndemo:")[2].partition("\n\n")[0]
    wanted = re.findall(r"--extra ([a-z0-9-]+)", demo)
    page = " ".join((ROOT / "docs/install.md").read_text().split())
    said = page.partition("what the demo needs: the extras ")[2].partition(". Then")[0]

    assert re.findall(r"`([a-z0-9-]+)`", said) == wanted
