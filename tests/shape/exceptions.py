"""Every place that may break a rule of this folder: the rule, today's number, the reason.

Numbers may only fall: an entry that is larger than needed, or not needed, fails.
"""

from tests.shape.verdict import Exemption

EXCEPTIONS: tuple[Exemption, ...] = (
    Exemption(
        "src/batuta/runtimes/grpc.py::GrpcRuntime",
        "inheritance-depth",
        3,
        "a LocalRuntime, which is a Registry, with one more way to register an agent",
    ),
    Exemption(
        "src/batuta/runtimes/aws_lambda.py::LambdaRuntime",
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
        "src/batuta/runtimes/local/registry.py::Registry.stop",
        "broad-except",
        1,
        "every agent is stopped even where one fails; what failed is raised together at the end",
    ),
    Exemption(
        "src/batuta/models/bedrock_agent/model.py::BedrockAgentModel",
        "contract-case",
        1,
        "an agent that AWS keeps: it fills no form, and knows its own conversation alone",
    ),
    Exemption(
        "src/batuta/testing/recorded/model.py::ReplayModel",
        "contract-case",
        1,
        "says what a recording holds and refuses every other request, on purpose",
    ),
)
