using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Calls.Tracing;
using Gateway.Storage.Commands;
using Gateway.Storage.Tracing;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace AdminApi.Calls;

/// <summary>What happened to a call, message by message.</summary>
public static class CallTracesApi
{
    private const string Plain = "text/plain";

    public static void MapCallTraces(this IEndpointRouteBuilder api) => api.MapGroup("/calls").WithTags("calls")
        .MapGet("/{id}/trace", GetAsync).WithName("getCallTrace").Requires(Scope.Read)
        .Problems(Problems.NotFound, NodeProblems.Unreachable, NodeProblems.Refused)
        .WithSummary("What happened to a call, message by message, and why it ended, or what its node has noted so far; with " +
            "Accept: text/plain as a ladder")
        .Produces<CallTraceView>(StatusCodes.Status200OK, "application/json", Plain);

    private static async Task<IResult> GetAsync(
        [Description("The gateway's id of the call, or WhatsApp's.")] string id,
        [Description("true: the user's number stands in it whole, as in the call's record; otherwise its last digits.")] bool? numbers,
        HttpRequest request, CallTraceReader traces, ICallStore calls, CancellationToken cancellation)
    {
        var (found, reply) = await traces.FindAsync(id, cancellation);
        if (found is not { } trace)
            return reply is null or { Outcome: CommandOutcome.UnknownCall }
                ? Problems.NotFound.Of("There is no trace of a call of this id: it was none, or is none that is kept (trace.calls, " +
                    "trace.keep of the nodes).")
                : NodeProblems.Of(reply);
        var user = (await calls.FindAsync(trace.Call, cancellation))?.User;
        var shown = user is null ? "(user)" : numbers == true ? (user.Phone is { } phone ? "+" + phone : user.Handle) : user.ToString();
        return WantsText(request)
            ? TypedResults.Text(TraceLadder.Write(trace, shown, details: true), Plain)
            : TypedResults.Ok(CallTraceView.Of(trace, shown));
    }

    private static bool WantsText(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.OrderByDescending(type => type.Quality ?? 1).FirstOrDefault()?.MediaType == Plain;

    /// <param name="Id">The gateway's id of the call.</param>
    /// <param name="Node">The last node that had it.</param>
    /// <param name="EndedAt">The end of the call; of one in progress the time up to which this is its trace.</param>
    /// <param name="IsLive">true: the call is in progress, and more will come.</param>
    /// <param name="Cause">The hang-up cause; null: it is in progress, or the record is another node's, and so is the rest of the
    /// trace.</param>
    /// <param name="Summary">Why it ended, in one line.</param>
    /// <param name="LeftOut">Entries that were left out, from the middle.</param>
    /// <param name="Entries">In the order of time.</param>
    public sealed record CallTraceView(
        string Id, string? WhatsAppCallId, CallDirection Direction, string Channel, string Node, DateTimeOffset StartedAt,
        DateTimeOffset EndedAt, bool IsLive, HangupCause? Cause, string Summary, int LeftOut, IReadOnlyList<TraceEntryView> Entries)
    {
        public static CallTraceView Of(CallTrace trace, string user) => new(
            trace.Call.Value, trace.WhatsAppId?.Value, trace.Direction, trace.Channel.Value, trace.Node, trace.StartedAt, trace.EndedAt,
            trace.IsLive, trace.Cause, TraceRedaction.Show(trace.Summary, user), trace.LeftOut,
            [.. trace.Entries.Select(entry => TraceEntryView.Of(entry, user))]);
    }

    /// <param name="Kind">Where it comes from.</param>
    /// <param name="Peer">The side that it concerns.</param>
    /// <param name="Direction">in: towards the gateway.</param>
    /// <param name="Trunk">Of an entry of the pbx side.</param>
    /// <param name="Summary">One line.</param>
    /// <param name="Details">The rest of it: a SIP message without keys and credentials.</param>
    /// <param name="Codecs">Those that the description in it names.</param>
    /// <param name="DurationMs">How long it took; null: it is a moment.</param>
    /// <param name="IsFailure">true: it may be why the call failed.</param>
    public sealed record TraceEntryView(
        DateTimeOffset At, TraceKind Kind, TracePeer Peer, TraceDirection Direction, string? Trunk, string Summary, string? Details,
        string? Codecs, double? DurationMs, bool IsFailure)
    {
        public static TraceEntryView Of(TraceEntry entry, string user) => new(
            entry.At, entry.Kind, entry.Peer, entry.Direction, entry.Trunk, TraceRedaction.Show(entry.Summary, user),
            entry.Details is { } details ? TraceRedaction.Show(details, user) : null, entry.Codecs, entry.DurationMs, entry.IsFailure);
    }
}
