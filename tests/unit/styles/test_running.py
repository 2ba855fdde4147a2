"""The file that tells where services are: whose it is, who may read it, how long it holds."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings import Settings
from batuta.styles import Claim, Running, find_running
from batuta.styles.placement import missing_services
from batuta.styles.workflow import WORKFLOW_SERVICES

HOLD = """
import sys
from pathlib import Path
from batuta.core.redaction import Secret
from batuta.styles import Claim, Running

with Claim(Path(sys.argv[1]), "c") as claim:
    claim.publish(Running("tennis", "c", {"parse": "127.0.0.1:7"}, Secret("s" * 32), 1))
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_what_another_process_runs_is_found_until_it_ends(tmp_path: Path) -> None:
    with hold(tmp_path) as process:
        found = find_running(tmp_path, "c")
        process.communicate("")

    assert found == Running("tennis", "c", {"parse": "127.0.0.1:7"}, Secret("s" * 32), 1)
    assert find_running(tmp_path, "c") is None
    assert not list(tmp_path.glob("up/*.json"))


def test_what_a_killed_process_left_is_nobodys(tmp_path: Path) -> None:
    with hold(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    assert list(tmp_path.glob("up/*.json"))
    assert find_running(tmp_path, "c") is None
    assert "ended unexpectedly" in missing_services(
        WORKFLOW_SERVICES, "tennis", Settings(home=tmp_path)
    )
    with Claim(tmp_path, "c"):
        pass
    assert "unexpectedly" not in missing_services(
        WORKFLOW_SERVICES, "tennis", Settings(home=tmp_path)
    )


def test_second_claim_is_refused_and_leaves_the_first_alone(tmp_path: Path) -> None:
    with hold(tmp_path) as process:
        with pytest.raises(ConfigError, match="run already"), Claim(tmp_path, "c"):
            pass
        assert find_running(tmp_path, "c") is not None
        with Claim(tmp_path, "g"):
            pass
        process.communicate("")


def test_only_its_owner_can_read_it_and_nothing_shows_the_secret(tmp_path: Path) -> None:
    running = Running("tennis", "c", {"parse": "h:7"}, Secret("s" * 32), 1)
    with Claim(tmp_path, "c") as claim:
        claim.publish(running)
        mode = (tmp_path / "up" / "c.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600
    assert "sss" not in repr(running)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"app": 1}', "\x00"])
def test_a_file_that_says_nothing_is_told_with_its_path(tmp_path: Path, text: str) -> None:
    with Claim(tmp_path, "c"):
        (tmp_path / "up" / "c.json").write_text(text)
        with pytest.raises(ConfigError, match=r"up/c\.json"):
            find_running(tmp_path, "c")
        assert "up/c.json" in missing_services(WORKFLOW_SERVICES, "tennis", Settings(home=tmp_path))
