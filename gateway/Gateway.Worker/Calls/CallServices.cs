using Gateway.Calls;
using Gateway.Worker.Billing;
using Gateway.Worker.Spool;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>What every call loop shares.</summary>
internal sealed record CallServices(
    ICallStore Store, RecordSpool Spool, ICallRegistry Registry, NodeCapacity Capacity, CallAdmission Admission, CallHolds Holds, TimeProvider Time, InstantClock Clock, ILogger<CallLoop> Logger);
