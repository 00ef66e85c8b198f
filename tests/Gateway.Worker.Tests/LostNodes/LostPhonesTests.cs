using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.LostNodes;
using Gateway.Worker.Tests.Calls;
using Gateway.Worker.Tests.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;

namespace Gateway.Worker.Tests.LostNodes;

/// <summary>The phones of a dead node's call are hung up by what Redis has of them, and what PostgreSQL has where Redis lost it.</summary>
public sealed class LostPhonesTests : IDisposable
{
    private readonly Dialogs _registry = new();
    private readonly LostPhones _phones;

    public LostPhonesTests() => _phones = new LostPhones(_registry, sip: null!, new SteppedTime(), NullLogger<LostPhones>.Instance);

    public void Dispose() => _phones.Dispose();

    [Fact]
    public async Task A_dialog_that_Redis_gives_late_is_hung_up_all_the_same()
    {
        var record = Records.One();
        _registry.Answers.Enqueue(TakenDialog.Unknown);
        _registry.Answers.Enqueue(TakenDialog.Unknown);
        _registry.Answers.Enqueue(new TakenDialog(true, "[]"));
        Assert.False(await _phones.HangUpAsync(record.Id, null, CancellationToken.None));
        Assert.False(await _phones.HangUpAsync(record.Id, null, CancellationToken.None)); // asked for once
        Assert.Equal(record.Id, await _registry.Forgotten.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(_registry.Answers);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("[]")]
    public async Task What_Redis_has_lost_is_hung_up_by_what_PostgreSQL_has(string? answered)
    {
        _registry.Answers.Enqueue(new TakenDialog(true, null));
        Assert.True(await _phones.HangUpAsync(Records.One().Id, answered, CancellationToken.None));
        await _phones.StopAsync();
        Assert.Equal(answered is not null, _registry.Forgotten.Task.IsCompleted);
    }

    [Fact]
    public async Task A_node_that_stops_waits_for_no_dialog()
    {
        _registry.Answers.Enqueue(TakenDialog.Unknown);
        Assert.False(await _phones.HangUpAsync(Records.One().Id, null, CancellationToken.None));
        await _phones.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private sealed class Dialogs : UnusedRegistry
    {
        public Queue<TakenDialog> Answers { get; } = [];

        public TaskCompletionSource<CallId> Forgotten { get; } = new();

        public override Task<TakenDialog> TakeDialogAsync(CallId callId, CancellationToken cancellation) =>
            Task.FromResult(Answers.Dequeue());

        public override Task ForgetDialogAsync(CallId callId, CancellationToken cancellation)
        {
            Forgotten.SetResult(callId);
            return Task.CompletedTask;
        }
    }
}
