using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.LostNodes;
using Gateway.Worker.Tests.Calls;
using Gateway.Worker.Tests.Spool;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;

namespace Gateway.Worker.Tests.LostNodes;

/// <summary>The registry's view of a dead node's call completes the record in PostgreSQL.</summary>
public sealed class LostCallsTests : IDisposable
{
    private readonly SteppedTime _time = new();
    private readonly Shown _registry = new();
    private readonly LostCalls _lost;

    public LostCallsTests() =>
        _lost = new LostCalls(
            new LiveOptions(new ConfigurationSnapshot(Options(), DateTimeOffset.UnixEpoch)),
            graph: null!, _registry, inbox: null!, phones: null!, _time, NullLogger<LostCalls>.Instance);

    public void Dispose() => _lost.Dispose();

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

    [Fact]
    public async Task A_pick_up_that_nothing_has_told_is_known_from_Metas_report_of_the_end()
    {
        var record = Records.One(endsAfter: 60) with { Cause = HangupCause.NodeLost, AnsweredAt = null };
        var (id, end) = (new WhatsAppCallId("wacid.1"), new WebhookEvent.CallTerminate("wacid.1", TerminateOutcome.Completed, record.User));
        _lost.NoteEnd(id, end with { StartedAt = Records.Start.AddSeconds(7) }); // of a call that was not ended here
        Assert.False(_lost.IsReportAwaited(record.Id));
        _lost.End(record.Id, record.Channel, id);
        Assert.Null(_lost.Complete(record).AnsweredAt);
        Assert.True(_lost.IsReportAwaited(record.Id));
        var waiting = _lost.ReportAsync(record.Id);
        Assert.False(waiting.IsCompleted);
        _lost.NoteEnd(id, end with { EndedAt = Records.Start.AddSeconds(50), Duration = TimeSpan.FromSeconds(45) });
        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(_lost.IsReportAwaited(record.Id));
        var completed = _lost.Complete(record);
        Assert.Equal((Records.Start.AddSeconds(5), record.EndedAt), (completed.AnsweredAt, completed.EndedAt));
    }

    [Fact]
    public async Task A_report_that_never_comes_is_not_waited_for_without_end()
    {
        var record = Records.One(endsAfter: 60) with { AnsweredAt = null };
        _lost.End(record.Id, record.Channel, new WhatsAppCallId("wacid.1"));
        _time.Pass(TimeSpan.FromSeconds(2.9));
        Assert.True(_lost.IsReportAwaited(record.Id));
        _time.Pass(TimeSpan.FromSeconds(0.1));
        Assert.False(_lost.IsReportAwaited(record.Id));
        await _lost.ReportAsync(record.Id).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(record, _lost.Complete(record));
    }

    [Fact]
    public async Task A_call_of_which_Redis_says_nothing_may_go_on_elsewhere_but_not_for_long()
    {
        var id = Records.One().Id;
        _registry.GoesOn = null;
        Assert.True(await _lost.GoesOnAsync(id, 1, CancellationToken.None));
        _time.Pass(TimeSpan.FromSeconds(4));
        Assert.True(await _lost.GoesOnAsync(id, 1, CancellationToken.None));
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.False(await _lost.GoesOnAsync(id, 1, CancellationToken.None));
        _registry.GoesOn = false;
        Assert.False(await _lost.GoesOnAsync(id, 1, CancellationToken.None));
        _registry.GoesOn = null;
        Assert.True(await _lost.GoesOnAsync(id, 1, CancellationToken.None));
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

    private sealed class Shown : UnusedRegistry
    {
        public IReadOnlyList<LiveCall> Calls { get; set; } = [];

        public override Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation) => Task.FromResult(Calls);

        public override Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation) =>
            Task.FromResult<ClaimHolder?>(null);

        public bool? GoesOn { get; set; }

        public override Task<bool?> GoesOnAsync(CallId callId, long token, CancellationToken cancellation) => Task.FromResult(GoesOn);
    }
}
