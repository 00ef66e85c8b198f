using Gateway.Calls.Balances;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Testing;

namespace Gateway.Calls.Tests;

/// <summary>Drives one call in virtual time and keeps everything it decided.</summary>
internal sealed class CallDriver
{
    public static readonly WhatsAppCallId WhatsAppId = new("wacid.TEST");

    /// <summary>The wall-clock time when the call begins: an hour off the monotonic timeline.</summary>
    public DateTimeOffset WallClock { get; } = new(2030, 1, 1, 1, 0, 0, TimeSpan.Zero);

    public CallDriver(CallDirection direction, CallOptions? options = null, bool isCallback = false)
    {
        Options = options ?? new CallOptions();
        var identity = new CallIdentity(new("c1"), direction, new("100"), new("15550001"), "node-1");
        Call = direction == CallDirection.Inbound ? new InboundCall(identity, Options, Clock.Now, WallClock)
            : isCallback ? new CallbackCall(identity, Options, Clock.Now, WallClock)
            : new OutboundCall(identity, Options, Clock.Now, WallClock);
    }

    public VirtualClock Clock { get; } = new();

    public CallOptions Options { get; }

    public Call Call { get; }

    public List<CallDecision> All { get; } = [];

    public CallRecord Record => All.OfType<CallDecision.Finish>().Single().Record;

    /// <summary>Feeds inputs one after another and returns the decisions of the last one.</summary>
    public IReadOnlyList<CallDecision> Feed(params CallInput[] inputs)
    {
        IReadOnlyList<CallDecision> last = [];
        foreach (var input in inputs)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(10));
            All.AddRange(last = [.. Call.Handle(input, Clock.Now)]);
        }
        return last;
    }

    public IReadOnlyList<CallDecision> Wait(TimeSpan time)
    {
        Clock.Advance(time);
        List<CallDecision> decided = [.. Call.HandleDeadline(Clock.Now)];
        All.AddRange(decided);
        return decided;
    }

    public IReadOnlyList<CallDecision> WaitForDeadline()
    {
        if (Call.NextDeadline > Clock.Now)
            Clock.AdvanceTo(Call.NextDeadline);
        return Wait(TimeSpan.Zero);
    }

    public static CallDriver InboundRinging(params string[] trunks) =>
        Ringing(new CallInput.Admitted(trunks.Length == 0 ? [new("main")] : [.. trunks.Select(trunk => new CallRoute(trunk))]));

    /// <param name="funding">The funding of the call.</param>
    /// <param name="longest">The longest that it may last; null: any time.</param>
    public static CallDriver FundedRinging(Funding? funding, TimeSpan? longest = null) =>
        Ringing(new CallInput.Admitted([new("main")], funding) { MaxLength = longest });

    private static CallDriver Ringing(CallInput.Admitted admitted)
    {
        var driver = new CallDriver(CallDirection.Inbound);
        driver.Feed(
            new CallInput.WhatsAppOffered(WhatsAppId, "offer"), admitted, new CallInput.MediaReserved("answer"),
            new CallInput.PreAccepted(null));
        return driver;
    }

    public static CallDriver InboundLive()
    {
        var driver = InboundRinging();
        driver.Feed(
            new CallInput.PbxRinging(), new CallInput.MediaConnected(), new CallInput.PbxAnswered("100"),
            new CallInput.AnswerLockTaken(true),
            new CallInput.Accepted(null));
        return driver;
    }

    public static CallDriver OutboundConnecting()
    {
        var driver = new CallDriver(CallDirection.Outbound);
        driver.Feed(new CallInput.PbxInvited("main", "100"), new CallInput.Admitted([]), new CallInput.MediaReserved("offer"));
        return driver;
    }

    public static CallDriver CallbackRingingAgent(string? trunk = "main")
    {
        var driver = new CallDriver(CallDirection.Outbound, isCallback: true);
        driver.Feed(
            new CallInput.CallbackWanted(trunk, "200"),
            new CallInput.Admitted([new CallRoute("a", "queue"), new CallRoute("b"), new CallRoute("a")]),
            new CallInput.MediaReserved("offer"));
        return driver;
    }

    public static CallDriver CallbackConnecting()
    {
        var driver = CallbackRingingAgent();
        driver.Feed(new CallInput.PbxRinging(), new CallInput.PbxAnswered("200"));
        return driver;
    }
}
