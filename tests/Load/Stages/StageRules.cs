namespace Load.Stages;

/// <summary>
/// Which stage of a call a sample belongs to: the innermost of our methods that says so, else the library, else the thread.
/// </summary>
internal static class StageRules
{
    private const string Talk = "audio of the talk", Loop = "media loop: waking, receiving", Compiler = "compiler (JIT)",
        Waiting = "threads: pool, timers, sockets", Unknown = "not told apart";

    private const int Near = 15;

    /// <summary>Traces of calls.</summary>
    public static readonly string[] Traces = ["Gateway.Worker.Tracing.", "Gateway.Storage.Tracing.", "Gateway.Calls.Tracing.",
        "Gateway.Sip.Endpoint.SipTapFeed"];

    /// <summary>What live calls leave for other nodes.</summary>
    public static readonly string[] Snapshots = ["Gateway.Worker.Nodes.CallSnapshots", "Gateway.Worker.Nodes.SavedCall",
        "Gateway.Worker.Nodes.UnheardCalls", "Gateway.Storage.Nodes.CallSnapshotStore", "Gateway.Worker.Calls.CallHandover",
        "Gateway.Worker.Calls.CallSupervisor::SaveAsync", "Gateway.Worker.Calls.CallSupervisor+<SaveAsync>",
        "Gateway.Worker.Legs.CallLegs+<SaveAsync>", "Media.Engine.MediaSnapshot", "Media.Engine.Loop.MediaCall::SaveAsync",
        "Media.Engine.Session.MediaSession::Save"];

    /// <summary>In the order of a call. Prefixes of methods; the first that fits counts.</summary>
    private static readonly (string Stage, string[] Methods)[] Ours =
    [
        ("HTTP in", ["Gateway.WhatsApp.Webhooks.", "Gateway.WhatsApp.Meta.", "Gateway.Worker.NodeIntake", "Gateway.Worker.Webhooks."]),
        ("admission", ["Gateway.Storage.Accounts.", "Gateway.Calls.Admission.", "Gateway.Calls.Rating.",
            "Gateway.Worker.Calls.CallAdmission", "Gateway.Worker.Billing."]),
        ("contacts and permissions", ["Gateway.Storage.Contacts.", "Gateway.Worker.Permissions.", "Gateway.Calls.Permissions.",
            "Gateway.Storage.Channels."]),
        ("ICE", ["Media.Protocols.Ice.", "Media.Protocols.Stun."]),
        ("DTLS", ["Media.Native.Dtls.", "Media.Engine.Loop.OpenSsl", "Media.Engine.Session.WebRtcLeg::DrainDtls"]),
        ("media reservation, SDP", ["Media.Protocols.Sdp.", "Media.Engine.Loop.MediaEngine", "Media.Engine.Loop.MediaCall",
            "Media.Engine.Loop.PortAllocator", "Media.Engine.Loop.RtpPorts", "Media.Engine.Loop.MediaLoop::Open",
            "Media.Engine.Session.WebRtcSignalling", "Media.Engine.Session.MediaSession::.ctor",
            "Media.Engine.Session.MediaSession::Dispose",
            "Gateway.Worker.Legs.CallMedia", "Gateway.Worker.Legs.PbxMedia", "Gateway.Worker.Legs.PbxDescriptions"]),
        ("Graph", ["Gateway.WhatsApp.Graph.", "Gateway.Worker.Legs.GraphLeg"]),
        ("SIP", ["Gateway.Sip.", "Gateway.Worker.Legs.Sip", "Gateway.Worker.Legs.PbxTrunks"]),
        ("registry", ["Gateway.Storage.RedisCallRegistry", "Gateway.Storage.RedisConnection", "Gateway.Worker.Calls.ResilientRegistry"]),
        ("record", ["Gateway.Storage.Calls.PostgresCallStore", "Gateway.Worker.Spool.RecordLog", "Gateway.Worker.Calls.PublishedCall",
            "Gateway.Storage.Calls.CallPartitions", "Gateway.Storage.Events."]),
        ("settlement", ["Gateway.Storage.Calls.", "Gateway.Worker.Spool."]),
        ("the call's machine", ["Gateway.Calls.", "Gateway.Worker.Calls.", "Gateway.Worker.Legs."]),
        ("metrics and logs", ["Gateway.Worker.Metrics.", "Gateway.Worker.Logs.", "Gateway.Worker.Health."]),
        ("the node's own rings", ["Gateway.Worker.Agents.", "Gateway.Worker.Parking.", "Gateway.Storage.Agents.",
            "Gateway.Storage.Parking.", "Gateway.Worker.Nodes.", "Gateway.Storage.Nodes."]),
        (Talk, ["Media.Engine.Bridge.", "Media.Engine.Legs.", "Media.Engine.Codecs.", "Media.Engine.Audio.", "Media.Engine.Quality.",
            "Media.Native.Opus.", "Media.Protocols.Srtp.", "Media.Protocols.Rtp.", "Media.Protocols.Rtcp.", "Media.Protocols.Jitter.",
            "Media.Protocols.Dtmf.", "Media.Engine.Session."]),
        (Loop, ["Media.Engine.Loop.", "Media.Native.Net."]),
    ];

    private static readonly (string Stage, string[] Methods)[] Libraries =
    [
        ("PostgreSQL's client, not told apart", ["Npgsql."]),
        ("registry", ["StackExchange.Redis.", "Pipelines.Sockets."]),
        ("Graph", ["System.Net.Http."]),
        ("HTTP in", ["Microsoft.AspNetCore."]),
        ("metrics and logs", ["System.Diagnostics.Metrics.", "OpenTelemetry.", "Microsoft.Extensions.Logging."]),
        (Waiting, ["System.Threading.", "System.Net.Sockets."]),
    ];

    private static readonly (string Stage, string Thread)[] Threads =
    [
        (Compiler, ".NET Tiered"), ("garbage collection", ".NET Server GC"), ("garbage collection", ".NET BGC"),
        ("garbage collection", ".NET Finalizer"), (Waiting, ".NET TP"), (Waiting, ".NET Timer"), (Waiting, ".NET Sockets"),
        (Loop, "media-"),
    ];

    /// <summary>In the order of a call.</summary>
    public static IReadOnlyList<string> Stages { get; } =
        [.. Ours.Concat(Libraries).Select(one => one.Stage).Concat(Threads.Select(one => one.Stage)).Append(Unknown).Distinct()];

    /// <summary>It comes with talk or with time, and not with a set-up.</summary>
    public static bool IsOutsideSetUp(string stage) => stage is Talk or Loop or Compiler;

    /// <summary>Of its own methods or of those that called them, near by: further up the stack is more that was there before.</summary>
    public static bool IsFor(string[] methods, Sample sample) => sample.Frames.Take(Near).Select(Method).Any(
        method => methods.Any(prefix => method.StartsWith(prefix, StringComparison.Ordinal)));

    public static string StageOf(Sample sample)
    {
        if (sample.Thread.StartsWith(".NET Tiered", StringComparison.Ordinal))
            return Compiler;
        if (sample.Library.StartsWith("libopus", StringComparison.Ordinal))
            return Talk;
        var methods = sample.Frames.Select(Method).ToList();
        return Innermost(Ours, methods) ?? Innermost(Libraries, methods)
            ?? Threads.FirstOrDefault(one => sample.Thread.StartsWith(one.Thread, StringComparison.Ordinal)).Stage ?? Unknown;
    }

    private static string? Innermost((string Stage, string[] Methods)[] table, List<string> methods) => methods
        .Select(method => table.FirstOrDefault(
            one => one.Methods.Any(prefix => method.StartsWith(prefix, StringComparison.Ordinal))).Stage)
        .FirstOrDefault(stage => stage is not null);

    /// <summary>Without what stands before the name: "instance void [Gateway.Sip] Gateway.Sip.…".</summary>
    private static string Method(string frame)
    {
        var colons = frame.IndexOf("::", StringComparison.Ordinal);
        var assembly = colons < 0 ? -1 : frame.LastIndexOf("] ", colons, StringComparison.Ordinal);
        return assembly < 0 ? frame : frame[(assembly + 2)..];
    }
}
