using System.ComponentModel;
using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Calls in progress on all nodes, and the operations on them.</summary>
public static class LiveCallsApi
{
    private static readonly ProblemKind RecordingNotBuilt = new(422, "recording_not_built", "Recording is not supported yet");

    public static void MapLiveCalls(this IEndpointRouteBuilder api)
    {
        var live = api.MapGroup("/calls/live").WithTags("calls");
        live.MapGet("/", ListAsync).WithName("listLiveCalls").Requires(Scope.Read)
            .WithSummary("The calls in progress on all nodes, the newest first, with their running times");
        live.MapPost("/{id}/hang-up", HangUpAsync).WithName("hangUpCall").Requires(Scope.Operate)
            .Problems(Problems.NotFound, NodeProblems.Unreachable, NodeProblems.Refused)
            .WithSummary("Ends a call on both legs, through the node that runs it");
        live.MapPost("/{id}/recording", Record).WithName("recordCall").Requires(Scope.Operate).Problems(RecordingNotBuilt)
            .WithSummary("Always refused: recording is not supported yet");
    }

    private static async Task<Ok<LiveCalls>> ListAsync(
        ICallRegistry registry, TimeProvider clock,
        [Description("Calls of this business number only, by Meta's phone_number_id.")] string? channel,
        [Description("Calls in these states only, separated by commas.")] WireValues<CallState>? state, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var calls = (await registry.ListAsync(cancellation)).Where(call => (channel is null || call.Channel.Value == channel)
            && (state is null || state.Value.Values.Contains(call.State)));
        return TypedResults.Ok(new LiveCalls(now, [.. calls.Select(call => LiveCallView.Of(call, now))]));
    }

    private static async Task<Results<Accepted, ProblemResult>> HangUpAsync(
        [Description("The gateway's id of the call.")] string id, NodeCommands nodes, AuditStore audit, Caller caller,
        CancellationToken cancellation)
    {
        await audit.WriteAsync(caller.Actor, "call.hang_up", $"call:{id}", null, null, cancellation);
        var reply = await nodes.HangUpAsync(new CallId(id), cancellation);
        return reply.Outcome == CommandOutcome.Done ? TypedResults.Accepted((string?)null) : NodeProblems.Of(reply);
    }

    private static ProblemResult Record([Description("The gateway's id of the call.")] string id) => RecordingNotBuilt.Of(
        $"Call {id} is not recorded: this gateway cannot record calls yet.");

    /// <param name="At">The time to which the running times refer.</param>
    /// <param name="Items">All of them; there is no further page.</param>
    public sealed record LiveCalls(DateTimeOffset At, IReadOnlyList<LiveCallView> Items);

    /// <param name="User">Shortened: the record has it whole.</param>
    /// <param name="AgentSince">From when on the agent had the call; null before the answer.</param>
    /// <param name="Consultation">How far the agent is with asking somebody before handing the call over.</param>
    /// <param name="RunningSeconds">Since the attempt began.</param>
    /// <param name="TalkSeconds">Since it was answered; 0 before.</param>
    /// <param name="Quality">The last sample; null before the first.</param>
    public sealed record LiveCallView(
        string Id, string? WhatsAppCallId, CallDirection Direction, string Channel, string User, string? Trunk, string? Agent,
        DateTimeOffset? AgentSince, CallState State, ConsultationState Consultation, DateTimeOffset StartedAt, DateTimeOffset? AnsweredAt,
        double RunningSeconds, double TalkSeconds, string Node, LiveQualityView? Quality)
    {
        public static LiveCallView Of(LiveCall call, DateTimeOffset now) => new(
            call.Id.Value, call.WhatsAppId?.Value, call.Direction, call.Channel.Value, call.User, call.Trunk, call.Agent,
            call.AgentSince, call.State, call.Consultation, call.StartedAt, call.AnsweredAt, Seconds(now - call.StartedAt),
            call.AnsweredAt is { } answered ? Seconds(now - answered) : 0, call.Node,
            call.Quality is { } quality ? LiveQualityView.Of(quality) : null);

        /// <summary>The seconds, never negative: clocks of nodes differ a little.</summary>
        private static double Seconds(TimeSpan time) => Math.Max(0, Math.Round(time.TotalSeconds, 3));
    }
}
