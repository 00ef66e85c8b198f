using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Balances;
using Gateway.Calls.Records;
using Gateway.Storage.Accounts;

namespace BillingWorker;

/// <summary>
/// Runs calls one after another, each with random events: admitted twice, unanswered, talked to the last pulse, settled twice.
/// </summary>
internal sealed class SimulatedCalls(
    IAdmissionStore book, ICallStore calls, LedgerStore ledger, string node, string nodeStart, IReadOnlyList<string> channels,
    Random random)
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(3);

    public async Task RunAsync()
    {
        await Task.Yield();
        while (true)
        {
            await CallAsync();
            if (Happens(0.4))
                await TopUpAsync();
        }
    }

    private async Task CallAsync()
    {
        var channel = channels[random.Next(channels.Count)];
        var direction = Happens(0.8) ? CallDirection.Inbound : CallDirection.Outbound; // the latter has not permitted calls
        var request = new AdmissionRequest(
            new CallId(Guid.NewGuid().ToString("n")), direction, new ChannelId(channel), new WhatsAppUser("4915" + random.Next(1000)), node,
            nodeStart,
            DateTimeOffset.UtcNow, Slice);
        if (Happens(0.9))
            request = request with { IsBegin = true };
        var facts = await RepeatedAsync(() => book.AdmitAsync(request, CancellationToken.None));
        var verdict = AdmissionRules.Decide(facts, request);
        if (verdict is AdmissionVerdict.Refused refused && Happens(0.5))
            await book.ReleaseAsync(request.Call, CancellationToken.None);
        var record = verdict switch
        {
            AdmissionVerdict.Admitted { Funding: { } funding } when Happens(0.85) => await TalkAsync(request, funding),
            AdmissionVerdict.Admitted => Record(request, HangupCause.NoAnswer),
            AdmissionVerdict.Refused refusal => Record(request, refusal.Cause),
            _ => throw new InvalidOperationException("No such verdict."),
        };
        await RepeatedAsync(async () =>
        {
            await calls.CompleteAsync(record, CancellationToken.None);
            return 0;
        });
    }

    private static CallIdentity IdentityOf(AdmissionRequest request) =>
        new(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);

    /// <summary>A conversation in virtual time: it passes as fast as the store answers.</summary>
    private async Task<CallRecord> TalkAsync(AdmissionRequest request, Funding funding)
    {
        var answeredAt = request.At.AddSeconds(1);
        await calls.AnsweredAsync(
            [new CallAnswer(IdentityOf(request), request.At, answeredAt, "100", "main", null)], CancellationToken.None);
        var wanted = TimeSpan.FromMilliseconds(random.Next(1, 15_000));
        while (Credit.PaidTime(funding.Rate, funding.Held) is var paid && paid < wanted)
        {
            var extended = await RepeatedAsync(
                () => book.ExtendAsync(request.Call, Credit.CostOf(funding.Rate, paid + Slice), CancellationToken.None));
            funding = funding with { Held = Math.Max(extended.Held, funding.Held) };
            if (extended.Outcome == HoldOutcome.Gone) // another node believed us dead and has settled
                return Ended(Record(request, HangupCause.PbxHungUp), funding, answeredAt, paid);
            if (extended.Outcome == HoldOutcome.LastPulses)
                return Ended(
                    Record(request, HangupCause.BalanceExhausted), funding, answeredAt, Credit.PaidTime(funding.Rate, funding.Held));
        }
        return Ended(Record(request, HangupCause.WhatsAppHungUp), funding, answeredAt, wanted);
    }

    private async Task TopUpAsync()
    {
        var movement = new Movement(
            channels[random.Next(channels.Count)], random.Next(1, 200) * 0.1m, "EUR", Guid.NewGuid().ToString("n"), null);
        await RepeatedAsync(() => ledger.TopUpAsync(movement, "test", CancellationToken.None));
    }

    private CallRecord Record(AdmissionRequest request, HangupCause cause) => new()
    {
        Id = request.Call,
        Direction = request.Direction,
        Channel = request.Channel,
        User = request.User,
        StartedAt = request.At,
        EndedAt = request.At.AddSeconds(1),
        Cause = cause,
        Node = node,
        NodeStart = nodeStart,
    };

    private static CallRecord Ended(CallRecord record, Funding funding, DateTimeOffset answeredAt, TimeSpan talk) =>
        record with { Funding = funding, AnsweredAt = answeredAt, EndedAt = answeredAt + talk };

    /// <summary>Does it once, sometimes again, sometimes several times at once.</summary>
    private async Task<T> RepeatedAsync<T>(Func<Task<T>> action)
    {
        if (Happens(0.2))
            return (await Task.WhenAll(action(), action(), action()))[random.Next(3)];
        if (Happens(0.2))
            await action();
        return await action();
    }

    private bool Happens(double chance) => random.NextDouble() < chance;
}
