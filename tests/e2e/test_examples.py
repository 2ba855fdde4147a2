"""The examples, each as its user runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.errors import install_command, package_command
from tests.patience import scaled

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_example(name: str, *words: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "module", "command"),
    [
        ("ensemble_diagnosis.py", "sklearn", package_command("scikit-learn")),
        ("route_by_cost.py", "sklearn", package_command("scikit-learn")),
        (
            "earlier_variants.py",
            "anthropic",
            install_command("anthropic"),
        ),
    ],
)
def test_an_example_says_what_installs_what_it_needs(name: str, module: str, command: str) -> None:
    code = f"import runpy, sys; sys.modules[{module!r}] = None; sys.argv = sys.argv[1:]; "
    code += "runpy.run_path(sys.argv[0], run_name='__main__')"
    words = [sys.executable, "-c", code, str(EXAMPLES / name)]

    done = subprocess.run(words, capture_output=True, text=True, timeout=scaled(60), check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"Run: {command}\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("style", ["a", "b", "d", "e", "f"])
def test_an_app_of_somebody_else_lends_the_chosen_copy(style: str) -> None:
    said = run_example(
        "library.py", style, "Have you got Dune?", "the second one", "Have you got Dune?"
    )
    offered, lent, left = said.split("> ")[1:]

    assert "A3" in offered
    assert "B1" in offered
    assert "c-2" in lent
    assert "A3" in left
    assert "B1" not in left


def test_the_app_is_short_and_imports_public_names_only() -> None:
    source = (EXAMPLES / "library.py").read_text()
    code = [line for line in source.splitlines() if line.strip() and "from" not in line]

    assert len(code) < 80
    assert "batuta." not in source.replace("from batuta import", "")


def test_the_docs_answer_with_a_citation_of_the_page_that_says_so() -> None:
    said = run_example("ask_the_docs.py", "which variable has the key of a compatible server?")
    answer, *found = said.splitlines()

    assert "BATUTA_COMPATIBLE_KEY" in answer
    assert "[[models.md#" in answer
    assert len(found) == 5
    assert any("models.md#" in line for line in found)


def test_code_is_written_until_its_tests_pass() -> None:
    said = run_example("reflect_on_code.py")

    assert said.startswith("round 1: 50% of the tests pass\nround 2: 75% of the tests pass\n")
    assert "stopped: target; the best is draft 3" in said
    assert "def roman(number):" in said


def test_requests_go_to_the_cheap_or_the_dear_model_and_the_saving_is_reckoned() -> None:
    said = run_example("route_by_cost.py")

    assert "cheap simple" in said
    assert "dear  complex" in said
    assert "8 of 8 labels right" in said
    assert re.search(r"saved \d+% \(simulated: stand-ins answered\)", said)


def test_desks_hand_a_customer_to_each_other() -> None:
    said = run_example("swarm_service.py", "I was charged twice.", "Ok.", "And my line is dead.")
    charged, ok, dead = said.split("> ")[1:]

    assert "(general hands over to billing:" in charged
    assert "billing: This is billing." in charged
    assert ok.startswith("Ok.\nbilling: ")
    assert "(billing hands over to technical:" in dead
    assert "no signal since 08:00" in dead


def test_a_project_is_planned_by_managers_on_two_levels() -> None:
    said = run_example("project_plan.py", "a shop")
    done, answer = said.split("\n\n")

    assert "frontend/ui (done): a shop: builds screens" in done
    assert "backend/data lead (done): a shop: keeps what is stored" in done
    assert answer.splitlines()[-2:] == [
        "schema designs the tables: 2 days",
        "then migration moves the old data: 4 days",
    ]


def test_research_finds_what_each_place_says_and_the_first_gives_up_the_rest() -> None:
    said = run_example("parallel_research.py", "when does a swarm hand over?")

    assert said.index("## styles") < said.index("## patterns") < said.index("## guides")
    assert "(compose/swarm.md#" in said
    assert "all answered: styles done, patterns done, guides done" in said
    said = run_example("parallel_research.py", "--first", "when does a swarm hand over?")
    last = said.splitlines()[-1]
    assert last.startswith("first answer: ")
    assert last.count(" done") == 1


def test_classifiers_vote_and_four_of_five_err_less_but_abstain() -> None:
    lines = run_example("ensemble_diagnosis.py").splitlines()
    wrong = {line[:14].strip(): int(line[15:18]) for line in lines[1:]}

    assert lines[0] == "285 unseen cases"
    members = ["regression", "bayes", "neighbours", "tree", "discriminant"]
    assert wrong["majority"] < sum(wrong[name] for name in members) / 5
    assert wrong["four of five"] < wrong["majority"]
    assert "abstained" in lines[-1]


@pytest.mark.parametrize(
    ("variant", "calls"),
    [
        (
            "steps",
            [
                "user → workflow: no model",
                "workflow → availability: anthropic:claude-haiku-4-5",
                "workflow → first_slot: no model",
                "workflow → booking: bedrock:amazon.nova-lite-v1:0",
            ],
        ),
        (
            "managed",
            [
                "user → manager: openai:gpt-5-mini",
                "manager → availability: offline:rules",
                "manager → booking: offline:rules",
            ],
        ),
        (
            "mixed",
            [
                "user → manager: openai:gpt-5-mini",
                "manager → availability: anthropic:claude-haiku-4-5",
                "manager → booking: bedrock:amazon.nova-lite-v1:0",
            ],
        ),
    ],
)
def test_the_earlier_variants_book_each_with_its_own_agents(variant: str, calls: list[str]) -> None:
    question, answer, *called = run_example(
        "earlier_variants.py", variant, "Book court B tomorrow at 3pm"
    ).splitlines()

    assert question == "> Book court B tomorrow at 3pm"
    assert answer.startswith("Done: Court B on ")
    assert "BK-" in answer
    assert [line.strip() for line in called if line] == calls


def test_an_index_is_made_of_every_page() -> None:
    said = run_example("map_reduce_index.py")

    assert "BATUTA_COMPATIBLE_KEY: models.md (" in said
    pages = len(list((EXAMPLES.parent / "docs").rglob("*.md")))
    assert said.endswith(f"{pages} of {pages} parts done\n")


def test_estimators_come_to_agree() -> None:
    lines = run_example("debate_estimate.py", "10", "16", "40").splitlines()

    assert lines[0] == "round 1: 10.0  16.0  40.0"
    assert lines[-1] == "agreement: 18.6 days"


def test_nine_compositions_answer_at_the_club() -> None:
    said = run_example("at_the_club.py")

    answers = dict(part.split(" > ", 1) for part in said.strip().split("\n\n") if " > " in part)
    assert list(answers) == [
        *("parallel", "router", "swarm", "rag", "reflection", "hierarchical", "ensemble"),
        *("map_reduce", "debate"),
    ]
    assert "[[rules/shoes]]" in answers["rag"]
    assert answers["ensemble"].endswith("\nbooking")
    assert "None names more than morning." in answers["debate"]
    assert "rain" in run_example("at_the_club.py", "swarm", "What if rain ends it?")
