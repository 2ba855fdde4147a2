"""The doubles are public: one place to import them from, and light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from batuta import testing
from tests.shape.test_import_weight import heavy, modules_added


def test_every_double_is_there_and_says_what_it_is() -> None:
    assert sorted(testing.__all__) == dir(testing)
    for name in testing.__all__:
        assert getattr(testing, name).__doc__
    assert {"ScriptedModel", "calls", "FaultyModel", "ReplayModel"} <= set(testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'mock'"):
        testing.mock  # noqa: B018 - looking it up is the test


def test_none_of_them_loads_a_heavy_library() -> None:
    assert heavy(modules_added("batuta.testing")) == {}


def test_a_script_loads_no_recorder() -> None:
    code = (
        "import sys\nfrom batuta.testing import ScriptedModel\n"
        "print(any(m.startswith('batuta.testing.recorded') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
