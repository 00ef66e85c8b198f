using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Agents;

/// <summary>Gives an admitted inbound call its flow.</summary>
internal sealed partial class FlowPicker(
    LiveOptions live, AgentDirectory directory, IEntropy entropy, TimeProvider time, ILogger<FlowPicker> logger)
{
    /// <summary>The same admission with the flow that applies, if one does: a flow that this node cannot run is passed over.</summary>
    /// <param name="call">The call.</param>
    /// <param name="payloads">What the call button or link carried.</param>
    /// <param name="admitted">Its admission.</param>
    public CallInput.Admitted Lead(CallIdentity call, IReadOnlyList<string> payloads, CallInput.Admitted admitted)
    {
        var snapshot = directory.Snapshot;
        if (snapshot.Routes.Count == 0)
            return admitted;
        var lastAgent = admitted.LastAgent is { } last && directory.Find(last.Agent) is not null ? last : null;
        var facts = new FlowFacts(
            call.Channel, call.User.Phone, CallingCodes.CountryOf(call.User), payloads, lastAgent is not null);
        var dice = entropy.NextUInt32() / (uint.MaxValue + 1.0);
        if (FlowSelection.Pick(snapshot.Routes, facts, time.GetUtcNow(), dice) is not { } route)
            return admitted;
        if (Check(route.Flow) is { } flow)
            return admitted with { Flow = flow, LastAgent = lastAgent };
        LogUnusable(call.Id, route.Flow);
        return admitted;
    }

    /// <summary>The node has such a trunk, and it does not lead to the telephone network.</summary>
    public bool HasTrunk(string trunk) => live.Snapshot.CarriesCalls(trunk);

    /// <summary>A flow that this node can run; null: there is none of that name, or a step names a trunk that it lacks.</summary>
    public Flow? Check(FlowId id) => directory.Find(id) is { } flow
        && flow.Steps.Values.OfType<FlowStep.Pbx>().SelectMany(step => step.Targets)
        .All(target => HasTrunk(target.Trunk)) ? flow : null;

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Call {CallId}: flow {Flow} is unknown to this node, or names a trunk that it lacks; the "
        + "channel's own routes apply")]
    private partial void LogUnusable(CallId callId, FlowId flow);
}
