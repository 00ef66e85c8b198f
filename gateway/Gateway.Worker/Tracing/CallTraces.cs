using System.Globalization;
using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Calls.Tracing;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;
using Gateway.Worker.Tracing.Hep;

namespace Gateway.Worker.Tracing;

/// <summary>
/// The traces of this node's calls: gives each call its tracer, and decides at its end, when all is known, whether the trace is kept. A
/// call never waits for any of it.
/// </summary>
internal sealed partial class CallTraces(
    LiveOptions live, SipTraces sip, TraceWriter writer, SipEndpoint endpoint, TimeProvider time, ILogger<CallTraces> logger,
    TraceTargets? others = null) : BackgroundService
{
    /// <summary>Calls that may wait to be written, over at one time.</summary>
    private const int MaxEnded = 4096;

    /// <summary>Messages that follow a call's end, such as the answer to BYE, belong to it for so long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Channel<(CallTracer Tracer, CallRecord? Record, DateTimeOffset At)> _ended =
        Channel.CreateBounded<(CallTracer, CallRecord?, DateTimeOffset)>(
            new BoundedChannelOptions(MaxEnded) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private bool IsOn => live.Options.IsTracing;

    /// <summary>The tracer of a call that begins; null: nothing is traced, which costs nothing.</summary>
    /// <param name="identity">The call.</param>
    /// <param name="incoming">The PBX's INVITE, which may name the trace that the call belongs to; null: there is none.</param>
    public CallTracer? Begin(CallIdentity identity, SipCallInfo? incoming = null)
    {
        if (!IsOn)
            return null;
        var snapshot = live.Snapshot;
        var parent = incoming?.Headers.FirstOrDefault(
            header => header.Name.Equals(snapshot.TraceHeaderOf(incoming.Trunk), StringComparison.OrdinalIgnoreCase));
        var tracer = new CallTracer(identity, time, End)
        {
            IsSampled = IsSampled(identity.Id, snapshot.TracedPartOf(identity.Channel)),
            Span = others?.Spans?.Begin(identity, parent?.Value),
            MediaTap = others?.Hep is { IsOn: true } hep ? new HepMediaTap(hep, identity.Id.Value) : null,
        };
        sip.Add(tracer);
        return tracer;
    }

    /// <summary>What our INVITE names as the trace that the call belongs to; none where no spans are made.</summary>
    public IEnumerable<(string Name, string Value)> HeadersOf(CallTracer? tracer, string trunk) =>
        tracer?.Span?.Id is { } id ? [(live.Snapshot.TraceHeaderOf(trunk), id)] : [];

    /// <summary>A SIP call that came in, or goes on from another node, belongs to this one.</summary>
    public void Attach(SipCall? call, CallId to)
    {
        if (call is not null && sip.IsOn)
            sip.Begin(call.Info, to.Value);
    }

    /// <summary>What has been noted of a call in progress so far; null: nothing is.</summary>
    public CallTrace? SoFar(CallId call) => sip.Find(call) is { } tracer
        ? Build(tracer, tracer.Look(), null, time.GetUtcNow()) with { Summary = "the call is in progress" } : null;

    /// <summary>True where a call without a failure is kept too: the same at every node.</summary>
    public static bool IsSampled(CallId call, double part) =>
        part >= 1 || (call.Value.Length >= 8
            && uint.TryParse(call.Value.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var first)
            && first < part * uint.MaxValue);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _ended.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (_ended.Reader.TryRead(out var ended))
            {
                var wait = ended.At + Grace - time.GetUtcNow();
                if (wait > TimeSpan.Zero && wait <= Grace && !stoppingToken.IsCancellationRequested)
                    await Task.WhenAny(Task.Delay(wait, time, stoppingToken));
                TryFinish(ended.Tracer, ended.Record, ended.At);
            }
        }
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _ended.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    private void End(CallTracer tracer, CallRecord? record)
    {
        if (_ended.Writer.TryWrite((tracer, record, time.GetUtcNow())))
            return;
        sip.Remove(tracer);
        if (tracer.Span is { } span)
            others?.Spans?.Forget(span);
        TraceMetrics.Dropped(TraceTarget.Store);
    }

    private void TryFinish(CallTracer tracer, CallRecord? record, DateTimeOffset at)
    {
        try
        {
            Finish(tracer, record, at);
        }
        catch (Exception e) // The edge of one trace: the next ones are not worse for it.
        {
            TraceMetrics.Dropped(TraceTarget.Store);
            LogFailed(e, tracer.Identity.Id);
        }
    }

    private void Finish(CallTracer tracer, CallRecord? record, DateTimeOffset at)
    {
        sip.Remove(tracer);
        var items = tracer.Take();
        var isFailure = record is not null && TraceCause.IsFailure(record);
        var isSampled = isFailure || tracer.IsSampled;
        if (!isSampled && tracer.Span is { } unwanted)
            others?.Spans?.Forget(unwanted);
        var isKept = live.Options.Trace.Calls switch
        {
            TracedCalls.None => false,
            TracedCalls.Failed => isFailure,
            TracedCalls.Sampled => isSampled,
            _ => true,
        };
        if (!isKept && !isSampled && others?.Hep is not { IsOn: true })
            return;
        if (!isKept && !isSampled)
            items = [.. items.Where(item => item.Entry is not null)]; // the capture server has the messages
        var trace = Build(tracer, items, record, at);
        others?.Hep?.Add(trace);
        if (isKept)
            writer.Add(trace);
        if (isSampled && tracer.Span is { } span)
            others?.Spans?.Add(span, trace, isFailure);
    }

    private CallTrace Build(CallTracer tracer, TracedItem[] items, CallRecord? record, DateTimeOffset at)
    {
        var identity = tracer.Identity;
        var redaction = new TraceRedaction(identity.User);
        List<TraceEntry> entries = [.. items.Select(item => Redacted(
            item.Entry ?? SipTraceEntries.Of(item.At, item.Message, item.Trunk), redaction))];
        if (record is not null && TraceTrunks.Of(record, endpoint.GetTrunkHealth) is { } trunk)
            entries.Add(trunk);
        return new CallTrace(
            identity.Id, identity.OwnerToken, identity.Node, tracer.StartedAt, record?.EndedAt ?? at, record?.Cause,
            record is null ? "another node went on with the call" : redaction.Of(TraceCause.Of(record, entries)), entries)
        {
            Direction = identity.Direction,
            Channel = identity.Channel,
            WhatsAppId = record?.WhatsAppId,
            LeftOut = tracer.LeftOut,
        };
    }

    private static TraceEntry Redacted(TraceEntry entry, TraceRedaction redaction) => entry with
    {
        Summary = redaction.Of(entry.Summary),
        Details = entry.Details is { } details ? redaction.Of(details) : null,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "The trace of call {CallId} could not be made")]
    private partial void LogFailed(Exception e, CallId callId);
}
