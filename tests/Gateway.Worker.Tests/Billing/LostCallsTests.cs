using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Gateway.Worker.Billing;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Spool;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;

namespace Gateway.Worker.Tests.Billing;

/// <summary>The registry's view of a dead node's call completes the record in PostgreSQL.</summary>
public sealed class LostCallsTests
{
    private readonly SteppedTime _time = new();
    private readonly Shown _registry = new();
    private readonly LostCalls _lost;

    public LostCallsTests() =>
        _lost = new LostCalls(
            new LiveOptions(new ConfigurationSnapshot(Options(), DateTimeOffset.UnixEpoch)),
            graph: null!, _registry, inbox: null!, sip: null!, new InstantClock(_time), NullLogger<LostCalls>.Instance);

    [Fact]
    public async Task A_pick_up_that_was_never_written_is_known_from_the_registry_even_after_that_has_forgotten_it()
    {
        var record = Records.One(endsAfter: 60) with { Cause = HangupCause.NodeLost };
        _registry.Calls = [Live(record, answeredAfter: 5)];
        await _lost.RefreshAsync(CancellationToken.None);
        _registry.Calls = [];
        _time.Pass(TimeSpan.FromMinutes(2));
        await _lost.RefreshAsync(CancellationToken.None);

        var completed = _lost.Complete(record);
        Assert.Equal((Records.Start.AddSeconds(5), record.EndedAt), (completed.AnsweredAt, completed.EndedAt));
        Assert.Equal(("wacid.1", "main", "200"), (completed.WhatsAppId?.Value, completed.Trunk, completed.Agent));
    }

    [Fact]
    public async Task It_is_charged_for_no_more_than_what_is_held_pays_for()
    {
        var rate = new Rate(1, "card", CallDirection.Inbound, "", "EUR", 0.6m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);
        var record = Records.One(endsAfter: 300) with { Cause = HangupCause.NodeLost, Funding = new Funding("a", "EUR", rate, 0.3m) };
        _registry.Calls = [Live(record, answeredAfter: 5)];
        await _lost.RefreshAsync(CancellationToken.None);
        Assert.Equal(Records.Start.AddSeconds(35), _lost.Complete(record).EndedAt);
    }

    [Fact]
    public async Task What_the_store_knows_better_stays()
    {
        var record = Records.One(endsAfter: 60) with { AnsweredAt = Records.Start.AddSeconds(4) };
        _registry.Calls = [Live(record, answeredAfter: 5)];
        await _lost.RefreshAsync(CancellationToken.None);
        Assert.Equal(record, _lost.Complete(record));
        Assert.Equal(Records.Start, _lost.Complete(Records.One()).StartedAt); // one that the registry never showed
    }

    private static LiveCall Live(CallRecord record, double answeredAfter) => new(
        record.Id, new WhatsAppCallId("wacid.1"), record.Direction, record.Channel, "…0001", "main", "200", CallState.Live,
        record.StartedAt,
        record.StartedAt.AddSeconds(answeredAfter), record.Node);

    private static GatewayOptions Options() => new()
    {
        WhatsApp = new WhatsAppOptions { AppSecrets = [], VerifyToken = new Secret("v") },
        Sip = new SipOptions { Listen = [], Trunks = [] },
        Channels = [],
        Storage = new StorageOptions { Postgres = new Secret(""), Redis = new Secret("") },
    };

    private sealed class Shown : ICallRegistry
    {
        public IReadOnlyList<LiveCall> Calls { get; set; } = [];

        public Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation) => Task.FromResult(Calls);

        public Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
            throw new NotSupportedException();


        public Task<ClaimHolder?> FindHolderAsync(WhatsAppCallId whatsAppId, CallId? call, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> RemoveAsync(CallId callId, long token, CancellationToken cancellation) => throw new NotSupportedException();

        public Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<string?> TakeDialogAsync(CallId callId, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}
