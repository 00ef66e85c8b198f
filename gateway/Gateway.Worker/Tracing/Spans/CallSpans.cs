using System.Diagnostics;
using System.Text.RegularExpressions;
using Gateway.Calls;
using Gateway.Calls.Tracing;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing.Spans;

/// <summary>
/// The spans of a call. Its own one lives as long as the call, so that those of PostgreSQL and HTTP are its children; all others are made
/// of the call's trace when it is over.
/// </summary>
internal sealed partial class CallSpans(CallSpanProcessor processor, SpanExport export)
{
    public const string Source = "Gateway.Calls";

    /// <summary>The name of a call's span; no other begins a trace.</summary>
    public const string CallName = "call";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>The span of a call that begins; null: nobody listens.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="parent">The PBX's trace context (W3C Trace Context §3.2); null or malformed: the call begins a trace.</param>
    public Activity? Begin(CallIdentity identity, string? parent)
    {
        ActivityContext.TryParse(parent, null, isRemote: true, out var context);
        var before = Activity.Current;
        Activity.Current = null;
        var span = Spans.StartActivity(CallName, ActivityKind.Server, context);
        Activity.Current = before; // whoever makes calls is in none of them
        span?.SetTag("gateway.call_id", identity.Id.Value).SetTag("gateway.channel", identity.Channel.Value)
            .SetTag("gateway.direction", WireName.Of(identity.Direction)).SetTag("gateway.node", identity.Node);
        if (span is not null)
            processor.Begin(span.TraceId);
        return span;
    }

    /// <summary>The call is over, and not exported.</summary>
    public void Forget(Activity span) => processor.End(span.TraceId);

    /// <summary>The call is over: its spans are made and sent.</summary>
    public void Add(Activity span, CallTrace trace, bool isFailure)
    {
        span.SetTag("whatsapp.call_id", trace.WhatsAppId?.Value); // before its parts, which have it too
        foreach (var (name, kind, from, to, entry) in Parts(trace))
            Make(span, name, kind, (from, to), entry);
        foreach (var entry in trace.Entries.Where(IsEvent))
            span.AddEvent(new ActivityEvent($"{WireName.Of(entry.Kind)}: {entry.Summary}", entry.At));
        span.SetTag("gateway.cause", trace.Cause is { } cause ? WireName.Of(cause) : null).SetTag("gateway.summary", trace.Summary);
        if (isFailure)
            span.SetStatus(ActivityStatusCode.Error, trace.Summary);
        span.SetEndTime(trace.EndedAt.UtcDateTime);
        span.Stop();
        Activity.Current = null;
        export.Add(processor.End(span.TraceId));
    }

    private static void Make(
        Activity call, string name, ActivityKind kind, (DateTimeOffset From, DateTimeOffset To) time, TraceEntry? entry)
    {
        using var span = Spans.StartActivity(name, kind, call.Context, startTime: time.From);
        if (span is null)
            return;
        foreach (var tag in (string[])["gateway.call_id", "whatsapp.call_id"])
            span.SetTag(tag, call.GetTagItem(tag));
        span.SetTag("gateway.trunk", entry?.Trunk);
        if (entry is { IsFailure: true })
            span.SetStatus(ActivityStatusCode.Error, entry.Summary);
        span.SetEndTime((time.To > time.From ? time.To : time.From).UtcDateTime);
    }

    private static bool IsEvent(TraceEntry entry) =>
        entry.Kind is not (TraceKind.Graph or TraceKind.Sip or TraceKind.Webhook) && entry.DurationMs is null;

    /// <summary>The parts of a call that last: name, kind, beginning, end, and the entry that may say that it failed.</summary>
    private static IEnumerable<(string Name, ActivityKind Kind, DateTimeOffset From, DateTimeOffset To, TraceEntry? Entry)> Parts(
        CallTrace trace)
    {
        foreach (var entry in trace.Entries.Where(entry => entry.DurationMs is not null))
            yield return (
                entry.Kind == TraceKind.Graph ? "graph " + ActionOf(entry) : "settlement", ActivityKind.Client, entry.At,
                entry.At + TimeSpan.FromMilliseconds(entry.DurationMs!.Value), entry);
        foreach (var entry in trace.Entries.Where(entry => entry.Kind == TraceKind.Webhook))
            yield return ("webhook " + entry.Summary.Split(' ')[0], ActivityKind.Server, entry.At, entry.At, entry);
        foreach (var part in Transactions(trace).Concat(Milestones(trace)))
            yield return part;
    }

    private static string ActionOf(TraceEntry entry) => Action().Match(entry.Summary).Value;

    /// <summary>SIP requests with their final responses; one without a response ends with the call.</summary>
    private static IEnumerable<(string, ActivityKind, DateTimeOffset, DateTimeOffset, TraceEntry?)> Transactions(CallTrace trace)
    {
        var open = new Dictionary<(string CallId, string CSeq, TraceDirection), TraceEntry>();
        foreach (var entry in trace.Entries.Where(entry => entry is { Kind: TraceKind.Sip, Details: not null }))
        {
            var (call, cseq) = (CallId().Match(entry.Details!).Value, CSeq().Match(entry.Details!).Value);
            var isResponse = entry.Details!.StartsWith("SIP/2.0 ", StringComparison.Ordinal);
            if (!isResponse)
            {
                if (!entry.Details.StartsWith("ACK ", StringComparison.Ordinal))
                    open.TryAdd((call, cseq, entry.Direction), entry);
                continue;
            }
            var asked = entry.Direction == TraceDirection.In ? TraceDirection.Out : TraceDirection.In;
            if (entry.Details["SIP/2.0 ".Length] != '1' && open.Remove((call, cseq, asked), out var request))
                yield return ("sip " + request.Summary.Split(' ')[0], KindOf(request), request.At, entry.At, entry);
        }
        foreach (var request in open.Values)
            yield return ("sip " + request.Summary.Split(' ')[0], KindOf(request), request.At, trace.EndedAt, null);
    }

    private static ActivityKind KindOf(TraceEntry request) =>
        request.Direction == TraceDirection.Out ? ActivityKind.Client : ActivityKind.Server;

    /// <summary>Admission, ICE, DTLS, the first packet of each side, and holds.</summary>
    private static IEnumerable<(string, ActivityKind, DateTimeOffset, DateTimeOffset, TraceEntry?)> Milestones(CallTrace trace)
    {
        var (asked, media, ice, keys, held) = (trace.StartedAt, (DateTimeOffset?)null, (DateTimeOffset?)null, (DateTimeOffset?)null,
            (DateTimeOffset?)null);
        foreach (var entry in trace.Entries)
        {
            switch (entry)
            {
                case { Kind: TraceKind.Admission }:
                    yield return ("admission", ActivityKind.Internal, asked, entry.At, entry);
                    break;
                case { Kind: TraceKind.Media, Peer: TracePeer.None } when media is null:
                    media = entry.At;
                    break;
                case { Kind: TraceKind.Ice } when ice is null:
                    ice = entry.At;
                    yield return ("ice", ActivityKind.Internal, media ?? asked, entry.At, entry);
                    break;
                case { Kind: TraceKind.Dtls } when keys is null:
                    keys = entry.At;
                    yield return ("dtls", ActivityKind.Internal, ice ?? asked, entry.At, entry);
                    break;
                case { Kind: TraceKind.Media, Direction: TraceDirection.In }:
                    yield return (
                        $"first packet of {WireName.Of(entry.Peer)}", ActivityKind.Internal, keys ?? media ?? asked, entry.At, entry);
                    break;
                case { Kind: TraceKind.Hold } when held is null:
                    held = entry.At;
                    break;
                case { Kind: TraceKind.Hold }:
                    yield return ("hold", ActivityKind.Internal, held!.Value, entry.At, null);
                    held = null;
                    break;
            }
        }
        if (held is { } on)
            yield return ("hold", ActivityKind.Internal, on, trace.EndedAt, null);
    }

    [GeneratedRegex("pre_accept|accept|connect|reject|terminate")]
    private static partial Regex Action();

    [GeneratedRegex(@"(?<=^Call-ID:\s*)[^\r\n]+", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex CallId();

    [GeneratedRegex(@"(?<=^CSeq:\s*)\d+ \w+", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex CSeq();
}
