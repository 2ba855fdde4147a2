"""Every place that may break a rule of this folder: the rule, today's number, the reason.

Numbers may only fall: an entry that is larger than needed, or not needed, fails.
"""

from tests.shape.verdict import Exemption

OPTIONAL = "what an agent may have beside its protocol, as core.agent.Agent lists it"
FOREIGN = "another library's object, which has it or not by its version or its moment"
OWN = "an agent, model or error of a user's own may have it or not"
PROBES = {
    OPTIONAL: (
        "core/run.py::decider", "core/agent.py::is_ready", "core/agent.py::is_remote",
        "core/agent.py::_live_tools", "core/agent.py::started", "core/agent.py::stopped",
        "core/agent.py::runs_on", "core/agent.py::must_start", "core/agent.py::asks_ready",
        "core/agent.py::needs_of",
        "control/managed_agent.py::ManagedAgent.start",
        "control/managed_agent.py::ManagedAgent.stop",
    ),
    FOREIGN: (
        "aws/errors.py::answer_of",
        "runtimes/durable/engine.py::_tasks", "serve/http/identity.py::_plain",
        "serve/http/server.py::_listening", "standin/server.py::_listening",
        "errors/root.py::notes_of", "storage/sqlite_layout.py::_code",
        "telemetry/prices.py::_of", "telemetry/prices.py::_rate",
        "core/arguments.py::_fields", "core/arguments.py::_may_come", "core/iteration.py::_held",
        "core/result.py::_inner", "core/signature.py::_is_known",
        "runtimes/local/time_limits.py::_timely", "mcp_tools/transport.py::_Received.last_context",
    ),
    OWN: (
        "core/signature.py::_is_async", "core/signature.py::name_of",
        "core/signature.py::plain_of", "core/signature.py::signature_of", "core/result.py::_other",
        "app.py::App.compose", "cli/command.py::command.called",
        "runtimes/local/layers/budget.py::settle_failure",
        "compose/ensemble.py::Ensemble._declared", "compose/map_reduce.py::MapReduce._split",
        "compose/reflection/__init__.py::Reflection._self_critic", "intake/steps.py::Parse.execute",
        "parts/classifiers.py::check_labels", "parts/members.py::check_members",
        "parts/members.py::is_agent", "parts/options.py::check_options",
        "compose/router/savings.py::_model_of", "compose/router/savings.py::saving_of",
        "runtimes/local/layers/policy.py::tell_hooks",
        "serve/http/problems.py::problem_of", "standin/failures.py::failure_of",
        "testing/recorded/outcome.py::error_json",
    ),
}  # fmt: skip
TWICE = (
    "core/agent.py::must_start", "core/agent.py::asks_ready",
    "parts/options.py::check_options", "testing/recorded/outcome.py::error_json",
)  # fmt: skip

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
        "src/batuta/telemetry/pipeline.py::Pipeline._take",
        "broad-except",
        1,
        "whatever sends what runs did may fail in any way: runs go on, and it is warned of",
    ),
    Exemption(
        "src/batuta/frameworks/framework_agent.py::FrameworkAgent.execute",
        "broad-except",
        1,
        "somebody else's framework puts errors of its own around ours: what ends the run is raised",
    ),
    Exemption(
        "src/batuta/mcp_tools/connection.py::_Held._hold",
        "broad-except",
        1,
        "a connection ends as its library ends it; whoever waits for it is told",
    ),
    Exemption(
        "src/batuta/mcp_tools/connection.py::_Held._list_again",
        "broad-except",
        1,
        "somebody else's server cannot list its tools now: they stay as they are known",
    ),
    Exemption(
        "src/batuta/mcp_tools/connection.py::_Held._listen",
        "broad-except",
        1,
        "a stream of somebody else's server was cut: it is asked for again",
    ),
    Exemption(
        "src/batuta/testing/pytest_plugin.py::batuta_home",
        "environment",
        1,
        "a test's home is without the settings of whoever runs it, whatever these are called",
    ),
    Exemption(
        "src/batuta/intake/callbacks.py::confirmation",
        "broad-except",
        1,
        "an App's own words say what is done: whatever they raise, it is done and must be told",
    ),
    Exemption(
        "src/batuta/core/arguments.py::_at_fault",
        "broad-except",
        1,
        "a type's own code makes its schema: whatever it raises names the parameter",
    ),
    Exemption(
        "src/batuta/core/arguments.py::_default",
        "broad-except",
        1,
        "a default's own code copies it: one that cannot be copied is shared",
    ),
    Exemption(
        "src/batuta/core/result.py::_json",
        "broad-except",
        1,
        "a result's own code writes it: the work is done, so it is then written piece by piece",
    ),
    Exemption(
        "src/batuta/core/result.py::_piecewise",
        "broad-except",
        1,
        "a result's own code writes it: that piece alone is cut, and says so",
    ),
    Exemption(
        "src/batuta/core/iteration.py::_content",
        "broad-except",
        2,
        "a file's own code reads and closes it: one that fails is cut, and says so",
    ),
    Exemption(
        "src/batuta/core/iteration.py::is_lazy",
        "broad-except",
        1,
        "a result's own code tells what it holds: whoever writes it down cuts what fails",
    ),
    Exemption(
        "src/batuta/errors/root.py::_words",
        "broad-except",
        1,
        "an error's own code says what it says: where that fails, this is said",
    ),
    Exemption(
        "src/batuta/core/trace.py::Trace._tell",
        "broad-except",
        1,
        "whoever listens must not end the run; the trace says that they failed",
    ),
    Exemption(
        "src/batuta/runtimes/local/tool_threads.py::_Call.do",
        "broad-except",
        1,
        "a thread's end: whatever a tool raised is raised where the run waits for it",
    ),
    Exemption(
        "src/batuta/storage/sqlite_connection.py::_tried",
        "broad-except",
        1,
        "a thread's work: what it raises is set on the future of whoever waits for it",
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
        "src/batuta/runtimes/durable/journal.py::Journal._outcome",
        "broad-except",
        1,
        "a step's end: whatever it raised is recorded, and raised where the run waits for it",
    ),
    Exemption(
        "src/batuta/parts/requests.py::RequestDesk.claimed",
        "machine-clock",
        1,
        "a lease between processes runs in the machine's seconds, whatever a run's clock says",
    ),
    Exemption(
        "src/batuta/wiring/clock.py::clock_of",
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
        "src/batuta/serve/aws_lambda/usage.py::metrics_line",
        "machine-clock",
        1,
        "CloudWatch drops what is two weeks off, and a run's clock may stand",
    ),
    *(
        Exemption(f"src/batuta/{place}", "probe", 2 if place in TWICE else 1, reason)
        for reason, places in PROBES.items()
        for place in places
    ),
)
