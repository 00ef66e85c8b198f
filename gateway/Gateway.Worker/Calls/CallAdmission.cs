using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Balances;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Worker.Billing;
using Gateway.Worker.Channels;
using Gateway.Worker.Configuration;
using Gateway.Worker.Spool;

namespace Gateway.Worker.Calls;

/// <summary>
/// Decides whether a call may begin now, and by which routes: first by what this node knows by itself, then by the store, and where the
/// store knows of no permission to call a user, by the arbiter's word.
/// </summary>
internal sealed class CallAdmission(
    LiveOptions live, NodeCapacity capacity, RecordSpool spool, AdmissionLookup lookup, IPermissionArbiter arbiter,
    ChannelSync channels,
    TimeProvider time)
{
    /// <summary>
    /// The call waits for all of this no longer than <see cref="CallOptions.Preparation"/>: its answer has to come before.
    /// </summary>
    private TimeSpan LongestWait => live.Options.Calls.Preparation * 0.9;

    /// <param name="call">Who calls whom.</param>
    /// <param name="startedAt">The rate in force then rates the call.</param>
    /// <param name="trunk">The trunk of an outbound call.</param>
    /// <param name="agent">Who dialled an outbound call.</param>
    /// <param name="offer">Meta's id of an inbound call.</param>
    /// <returns><see cref="CallInput.Admitted"/>, <see cref="CallInput.Refused"/> or <see cref="CallInput.BegunElsewhere"/>.</returns>
    public async Task<CallInput> CheckAsync(
        CallIdentity call, DateTimeOffset startedAt, string? trunk, string? agent, WhatsAppCallId? offer)
    {
        var began = time.GetTimestamp();
        var request = CallHolds.AdmissionOf(call, startedAt, live.Options.Calls.HoldSlice) with { IsBegin = true, Offer = offer };
        var answer = await InTurnAsync(() => AnswerAsync(call, request, trunk, agent));
        if (answer is CallInput.Admitted)
            capacity.Admit();
        AdmissionMetrics.Asked(time.GetElapsedTime(began).TotalSeconds, (answer as CallInput.Refused)?.Cause);
        return answer;
    }

    private async Task<CallInput> InTurnAsync(Func<Task<CallInput>> ask)
    {
        if (!await capacity.BeginAdmissionAsync())
            return new CallInput.Refused(HangupCause.NoCapacity);
        try
        {
            return await ask();
        }
        finally
        {
            capacity.EndAdmission();
        }
    }

    private async Task<CallInput> AnswerAsync(CallIdentity call, AdmissionRequest request, string? trunk, string? agent)
    {
        if (capacity.Refusal() is { } cause)
            return new CallInput.Refused(cause);
        if (!live.Snapshot.Channels.TryGetValue(call.Channel, out var channel))
            return new CallInput.Refused(HangupCause.NoRoute);
        if (trunk is not null && live.Snapshot.IsPstn(trunk))
            return new CallInput.Refused(HangupCause.PstnForbidden);
        if (spool.Count >= live.Options.Storage.SpoolLimit)
            return new CallInput.Refused(HangupCause.StorageUnavailable);

        using var timeout = new CancellationTokenSource(LongestWait, time);
        if (await lookup.AskAsync(request, timeout.Token) is not { } facts)
            return AnswerAlone(request, channel, trunk);
        if (facts.BegunAs is { } other)
        {
            await lookup.ReleaseAsync(call, facts);
            return new CallInput.BegunElsewhere(other);
        }
        if (trunk is null && LeadsToPstnAlone(facts))
        {
            await lookup.ReleaseAsync(call, facts);
            return new CallInput.Refused(HangupCause.PstnForbidden);
        }
        switch (AdmissionRules.Decide(facts, request))
        {
            case AdmissionVerdict.Admitted admitted:
                return Admit(facts, channel, admitted.Funding);
            case AdmissionVerdict.Refused { Cause: HangupCause.NotPermitted } refused:
                var word = await arbiter.AskAsync(call, trunk, agent, timeout.Token);
                if (word.MayCall)
                    return Admit(facts, channel, refused.Funding);
                await lookup.ReleaseAsync(call, facts);
                return word.StoreIsUnavailable
                    ? AnswerAlone(request, channel, trunk)
                    : new CallInput.Refused(refused.Cause, word.Text, word.State);
            case AdmissionVerdict.Refused refused:
                if (refused.Cause == HangupCause.ChannelDisabled)
                    channels.Ask(call.Channel); // Meta may have switched it on again without a report
                await lookup.ReleaseAsync(call, facts);
                return new CallInput.Refused(refused.Cause, refused.Text) { Detail = MoneyOf(facts, refused.Cause) };
            default:
                throw new InvalidOperationException("A verdict that is neither.");
        }
    }

    /// <summary>Decides without the store. Whether a user may be called is then Meta's to say, when it is connected.</summary>
    private CallInput AnswerAlone(AdmissionRequest request, ChannelOptions channel, string? trunk)
    {
        if (lookup.AskAlone(request) is not { } facts)
            return new CallInput.Refused(HangupCause.StorageUnavailable);
        if (trunk is null && LeadsToPstnAlone(facts))
        {
            lookup.Forget(request.Call);
            return new CallInput.Refused(HangupCause.PstnForbidden);
        }
        switch (AdmissionRules.Decide(facts, request))
        {
            case AdmissionVerdict.Admitted admitted:
                return Admit(facts, channel, admitted.Funding);
            case AdmissionVerdict.Refused { Cause: HangupCause.NotPermitted } unknown:
                return Admit(facts, channel, unknown.Funding);
            case AdmissionVerdict.Refused refused:
                lookup.Forget(request.Call);
                return new CallInput.Refused(refused.Cause, refused.Text) { Detail = MoneyOf(facts, refused.Cause) };
            default:
                throw new InvalidOperationException("A verdict that is neither.");
        }
    }

    private CallInput.Admitted Admit(AdmissionFacts facts, ChannelOptions channel, Funding? funding) =>
        new(RoutesOf(facts, channel), funding)
        {
            LastAgent = facts.LastAgent,
            MaxLength = facts.Channel?.Settings.MaxCallSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };

    /// <summary>What the account has, where that is why; null: it is not.</summary>
    private static string? MoneyOf(AdmissionFacts facts, HangupCause cause) =>
        cause != HangupCause.BalanceTooLow || facts.Account is not { IsClosed: false } account ? null
        : $"{JsonText.Money(account.Balance)} {account.Currency}, of which {JsonText.Money(account.Held)} is held; a call needs " +
            JsonText.Money(account.Minimum);

    /// <summary>Of the channel's own routes that this node has, each is over a trunk to the telephone network.</summary>
    private bool LeadsToPstnAlone(AdmissionFacts facts) =>
        facts.Routes.Any(route => live.Snapshot.IsPstn(route.Trunk))
            && !facts.Routes.Any(route => live.Snapshot.CarriesCalls(route.Trunk));

    /// <summary>
    /// The channel's own routes, else the configuration's. A route over a trunk that this node does not have is another node's, and one
    /// over a trunk to the telephone network nobody's.
    /// </summary>
    private CallRoute[] RoutesOf(AdmissionFacts facts, ChannelOptions channel) => facts.Routes.Count > 0
        ? [.. facts.Routes.Where(route => live.Snapshot.CarriesCalls(route.Trunk))]
        : [.. channel.Trunks.Select(name => new CallRoute(name))];
}
