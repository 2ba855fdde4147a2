"""How much code the same App takes under each style, and how much of ours stands behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from batuta.lab.code_lines import code_lines
from bench.evidence.finding import Finding, Study

SOURCE = Path(__file__).parents[2] / "src" / "batuta"
FORM = ("BookingForm", "read_options", "say_booked")
LOOPS = {
    "a": ("control/ai_service.py", "intake"),
    "b": ("control/workflow.py", "intake"),
    "d": ("control/function_calling.py", "parts/tool_loop.py"),
    "e": ("control/single_agent.py", "frameworks/openai_agents"),
    "f": ("control/manager.py",),
}


def of_files(places: Iterable[str]) -> int:
    """Count those of files and folders of the package."""
    total = 0
    for place in places:
        path = SOURCE / place
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        total += sum(code_lines(file.read_text(encoding="utf-8")) for file in files)
    return total


def of_the_club() -> dict[str, int]:
    """Count what the club's App defines for some styles alone."""
    text = (SOURCE / "tennis" / "app.py").read_text(encoding="utf-8")
    prompts = ast.parse((SOURCE / "tennis" / "prompts.py").read_text(encoding="utf-8"))
    tree = ast.parse(text)
    parts = {
        node.name: _length(node)
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    given = {
        each.arg: _length(each.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "App"
        for each in node.keywords
        if each.arg
    }
    said = {
        getattr(node.targets[0], "id", ""): _length(node)
        for node in prompts.body
        if isinstance(node, ast.Assign)
    }
    form = sum(parts[name] for name in FORM) + given["intake"]
    return {
        "form": form,
        "instructions": said["ASSISTANT"],
        "specialists": given["specialists"] + said["AVAILABILITY"] + said["BOOKING"],
    }


def _length(node: ast.stmt | ast.expr) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def study() -> tuple[Study, list[Finding]]:
    """Count, and decide the rows that speak of code."""
    club, ours = of_the_club(), {key: of_files(places) for key, places in LOOPS.items()}
    own = {
        "a": club["form"], "b": club["form"], "d": club["instructions"],
        "e": club["instructions"], "f": club["instructions"] + club["specialists"],
    }  # fmt: skip
    rows = [(key.upper(), f"{own[key]}", f"{ours[key]:,}", ", ".join(LOOPS[key])) for key in LOOPS]
    told = Study(
        title="Lines of code of the same App",
        words=[_WORDS],
        head=("style", "of the App, for it alone", "of ours behind it", "where"),
        rows=rows,
    )
    return told, [
        Finding(
            number=3,
            measure="lines of the club's App that only a style needs: A's form against D's words",
            figure=f"A {own['a']}, D {own['d']}, E {own['e']}, F {own['f']}",
            model="none",
            verdict="holds",
            note="a form, not a state machine: keeping the state is the library's work",
        ),
        Finding(
            number=17,
            measure="lines of the App for D and for E, and of the loops behind them",
            figure=f"{own['d']} and {own['e']}; {ours['d']:,} and {ours['e']:,} behind them",
            model="none",
            verdict="does not hold" if own["d"] == own["e"] else "holds",
            note="here the loop is the library's, so that it costs an App nothing",
        ),
    ]


_WORDS = """\
Lines of the club's App that a style needs and others do not (form with its questions, or
instructions, or specialists; the tools are everybody's), and the code of ours that the style runs
on, without blank lines, comments and docstrings. E's loop itself is its framework's."""
