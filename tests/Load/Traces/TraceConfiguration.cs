using System.Text.Json.Nodes;

namespace Load.Traces;

/// <summary>The traces whose cost is measured.</summary>
internal enum TraceWay
{
    /// <summary>None on both sides: what the measurement itself makes of no difference.</summary>
    None,

    /// <summary>Of calls that failed: here none does, but all are noted.</summary>
    Failed,

    /// <summary>A tenth of all calls.</summary>
    Sampled,

    /// <summary>A tenth of all calls, and everything to a capture server, which takes UDP and does nothing.</summary>
    Hep,
}

/// <summary>The keys of a gateway's configuration that ask for traces.</summary>
internal static class TraceConfiguration
{
    /// <param name="root">The configuration.</param>
    /// <param name="way">What to ask for.</param>
    public static void Set(JsonNode root, TraceWay way)
    {
        root["trace"] = new JsonObject
        {
            ["calls"] = way switch { TraceWay.None => "None", TraceWay.Failed => "Failed", _ => "Sampled" }, ["sampled"] = 0.1,
        };
        root.AsObject().Remove("hep");
        if (way == TraceWay.Hep)
            root["hep"] = new JsonObject { ["endpoint"] = "udp:127.0.0.1:9" };
    }
}
