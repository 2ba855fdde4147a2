"""Every place that may break a rule of this folder: the rule, today's number, the reason.

Numbers may only fall: an entry that is larger than needed, or not needed, fails.
"""

from tests.shape.verdict import Exemption

EXCEPTIONS: tuple[Exemption, ...] = (
    Exemption(
        "src/batuta/runtimes/grpc/runtime.py::GrpcRuntime",
        "inheritance-depth",
        3,
        "a LocalRuntime, which is a Registry, with one more way to register an agent",
    ),
    Exemption(
        "src/batuta/runtimes/aws_lambda/runtime.py::LambdaRuntime",
        "inheritance-depth",
        3,
        "a LocalRuntime, which is a Registry, with one more way to register an agent",
    ),
    Exemption(
        "src/batuta/core/ids.py::<module>",
        "work-at-import",
        5,
        "the process's own prefix must stand before the first id, and be renewed in a fork",
    ),
    Exemption(
        "src/batuta/core/trace.py::Trace._tell",
        "broad-except",
        1,
        "whoever listens must not end the run; the trace says that they failed",
    ),
    Exemption(
        "src/batuta/core/registry.py::Registry.stop",
        "broad-except",
        1,
        "every agent is stopped even where one fails; what failed is raised together at the end",
    ),
    Exemption(
        "src/batuta/wiring.py::clock_of",
        "machine-clock",
        1,
        "the one place that picks a clock",
    ),
    Exemption(
        "src/batuta/hosting/supervisor.py::supervised",
        "machine-clock",
        1,
        "waits and counts seconds only",
    ),
    Exemption(
        "src/batuta/serve/spending.py::metrics_line",
        "machine-clock",
        1,
        "CloudWatch drops what is two weeks off, and a run's clock may stand",
    ),
)
