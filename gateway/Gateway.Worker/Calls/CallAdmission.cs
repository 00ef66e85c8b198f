using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Channels;
using Gateway.Worker.Billing;
using Gateway.Worker.Channels;
using Gateway.Worker.Configuration;
using Gateway.Worker.Permissions;
using Gateway.Worker.Spool;
using Npgsql;

namespace Gateway.Worker.Calls;

/// <summary>
/// Whether a call may begin now, and by which routes: first what this node knows by itself, then what the books say, and where they know of
/// no permission to call a user, the arbiter's word.
/// </summary>
internal sealed partial class CallAdmission(
    GatewayOptions options, NodeCapacity capacity, RecordSpool spool, IAdmissionStore admissions, AwayAdmissions away, IPermissionArbiter arbiter, CallHolds holds,
    ChannelSync channels, TimeProvider time, ILogger<CallAdmission> logger)
{
    /// <summary>The call waits for all of this no longer than <see cref="CallOptions.Preparation"/>: its answer has to come before.</summary>
    private readonly TimeSpan _timeout = options.Calls.Preparation * 0.9;

    /// <summary>What the books may take of it.</summary>
    private readonly TimeSpan _storeTimeout = options.Calls.Preparation * 0.4;

    /// <summary>After one question was in vain, the next calls do not wait for theirs.</summary>
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    private long _askAgainAt = long.MinValue;

    private readonly Dictionary<ChannelId, ChannelOptions> _channels = options.Channels.ToDictionary(c => new ChannelId(c.PhoneNumberId));
    private readonly HashSet<string> _trunks = [.. options.Sip.Trunks.Select(trunk => trunk.Name)];

    /// <param name="call">Who calls whom.</param>
    /// <param name="startedAt">The rate in force then rates the call.</param>
    /// <param name="trunk">The trunk of an outbound call.</param>
    /// <param name="agent">Who dialled an outbound call.</param>
    /// <returns><see cref="CallInput.Admitted"/> or <see cref="CallInput.Refused"/>.</returns>
    public async Task<CallInput> CheckAsync(CallIdentity call, DateTimeOffset startedAt, string? trunk, string? agent)
    {
        var began = time.GetTimestamp();
        var answer = await AnswerAsync(call, startedAt, trunk, agent);
        AdmissionMetrics.Asked(time.GetElapsedTime(began).TotalSeconds, (answer as CallInput.Refused)?.Cause);
        return answer;
    }

    private async Task<CallInput> AnswerAsync(CallIdentity call, DateTimeOffset startedAt, string? trunk, string? agent)
    {
        if (capacity.Refusal() is { } cause)
            return new CallInput.Refused(cause);
        if (!_channels.TryGetValue(call.Channel, out var channel))
            return new CallInput.Refused(HangupCause.NoRoute);
        if (spool.IsFull)
            return new CallInput.Refused(HangupCause.StorageUnavailable);

        using var timeout = new CancellationTokenSource(_timeout, time);
        var request = CallHolds.AdmissionOf(call, startedAt, options.Calls.HoldSlice);
        if (await AskStoreAsync(request, timeout.Token) is not { } facts)
            return AnswerAlone(request, channel);
        switch (AdmissionRules.Decide(facts, request))
        {
            case AdmissionVerdict.Admitted admitted:
                return new CallInput.Admitted(RoutesOf(facts, channel), admitted.Funding);
            case AdmissionVerdict.Refused { Cause: HangupCause.NotPermitted } refused:
                var word = await arbiter.AskAsync(call, trunk, agent, timeout.Token);
                if (word.MayCall)
                    return new CallInput.Admitted(RoutesOf(facts, channel), refused.Funding);
                await ReleaseAsync(call, facts);
                return word.StoreIsAway ? AnswerAlone(request, channel) : new CallInput.Refused(refused.Cause, word.Text, word.State);
            case AdmissionVerdict.Refused refused:
                if (refused.Cause == HangupCause.ChannelDisabled)
                    channels.Ask(call.Channel); // Meta may have switched it on again and not told
                await ReleaseAsync(call, facts);
                return new CallInput.Refused(refused.Cause, refused.Text);
            default:
                throw new InvalidOperationException("A verdict that is neither.");
        }
    }

    /// <summary>Without the books. Whether a user may be called is then Meta's to say, when it is connected.</summary>
    private CallInput AnswerAlone(AdmissionRequest request, ChannelOptions channel)
    {
        if (options.Calls.WhenStoreIsAway == AwayPolicy.Refuse || away.Admit(request) is not { } facts)
            return new CallInput.Refused(HangupCause.StorageUnavailable);
        switch (AdmissionRules.Decide(facts, request))
        {
            case AdmissionVerdict.Admitted admitted:
                return new CallInput.Admitted(RoutesOf(facts, channel), admitted.Funding);
            case AdmissionVerdict.Refused { Cause: HangupCause.NotPermitted } unknown:
                return new CallInput.Admitted(RoutesOf(facts, channel), unknown.Funding);
            case AdmissionVerdict.Refused refused:
                away.Forget(request.Call);
                return new CallInput.Refused(refused.Cause, refused.Text);
            default:
                throw new InvalidOperationException("A verdict that is neither.");
        }
    }

    /// <summary>Null: the store does not answer.</summary>
    private async Task<AdmissionFacts?> AskStoreAsync(AdmissionRequest request, CancellationToken cancellation)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _askAgainAt))
            return null;
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(_storeTimeout);
            var facts = await AdmitAsync(request, timeout.Token).WaitAsync(timeout.Token);
            away.StoreIsBack();
            return facts;
        }
        catch (Exception e) // Whatever ails the store, the caller gets an answer.
        {
            Volatile.Write(ref _askAgainAt, time.GetTimestamp() + (long)(BackOff.TotalSeconds * time.TimestampFrequency));
            LogAway(request.Call, e.Message);
            return null;
        }
    }

    /// <summary>A second time at once where the connection was a dead one: after a restart of PostgreSQL the pool still has some.</summary>
    private async Task<AdmissionFacts> AdmitAsync(AdmissionRequest request, CancellationToken cancellation)
    {
        try
        {
            return await admissions.AdmitAsync(request, cancellation);
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            return await admissions.AdmitAsync(request, cancellation);
        }
    }

    private Task ReleaseAsync(CallIdentity call, AdmissionFacts facts) => facts.Held is null ? Task.CompletedTask : holds.ReleaseAsync(call);

    /// <summary>The channel's own routes, else the configuration's. A route over a trunk that this node does not have is another node's.</summary>
    private CallRoute[] RoutesOf(AdmissionFacts facts, ChannelOptions channel) => facts.Routes.Count > 0
        ? [.. facts.Routes.Where(route => _trunks.Contains(route.Trunk))]
        : [.. channel.Trunks.Select(name => new CallRoute(name))];

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: the books do not answer ({Reason})")]
    private partial void LogAway(CallId callId, string reason);
}
