using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Worker.Agents;
using Gateway.Worker.Billing;
using Gateway.Worker.LostNodes;
using Gateway.Worker.Nodes;
using Gateway.Worker.Spool;
using Gateway.Worker.Tracing;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>The services that every call loop shares.</summary>
internal sealed record CallServices(
    ICallStore Store, RecordSpool Spool, ICallRegistry Registry, CallAdmission Admission, CallHolds Holds, AgentServices Agents,
    LostPhones LostPhones, EventForwarder Nodes, CallTraces Traces, TimeProvider Time, QualityOptions Limits, ILoggerFactory Loggers)
{
    /// <summary>Of every part of a call, under the name of its loop.</summary>
    public ILogger Logger { get; } = Loggers.CreateLogger("Gateway.Worker.Calls.CallLoop");

    public InstantClock Clock { get; } = new(Time);
}
