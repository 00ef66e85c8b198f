using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Worker.Agents;
using Gateway.Worker.Billing;
using Gateway.Worker.Nodes;
using Gateway.Worker.Spool;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>The services that every call loop shares.</summary>
internal sealed record CallServices(
    ICallStore Store, RecordSpool Spool, ICallRegistry Registry, CallAdmission Admission, CallHolds Holds, AgentServices Agents,
    EventForwarder Nodes, TimeProvider Time, ILoggerFactory Loggers)
{
    public InstantClock Clock { get; } = new(Time);
}
