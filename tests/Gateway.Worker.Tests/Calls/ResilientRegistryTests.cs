using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Calls;
using Gateway.Worker.Tests.Calls.Bench;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The reports of a node to a registry that has come back with nothing in it.</summary>
public sealed class ResilientRegistryTests
{
    private static readonly LiveCall Call = new(
        new CallId("c1"), null, CallDirection.Inbound, new ChannelId("100"), "…0001", "main", "21", CallState.RingingPbx,
        DateTimeOffset.UnixEpoch, null, "node-1");

    private readonly EmptyRegistry _redis = new();
    private readonly ResilientRegistry _registry;

    public ResilientRegistryTests() => _registry = new ResilientRegistry(_redis, TimeProvider.System);

    [Fact]
    public async Task Live_calls_and_their_dialogs_are_shown_again_as_they_are_now()
    {
        await _registry.PublishAsync(Call, default);
        await _registry.KeepDialogAsync(Call.Id, 1, "dialog", default);
        await _registry.PublishAsync(Call with { State = CallState.Live }, default);
        _redis.Forget();
        await _registry.ShowAgainAsync(default);
        Assert.Equal(Call with { State = CallState.Live }, Assert.Single(await _redis.ListAsync(default)));
        Assert.Equal(new TakenDialog(true, "dialog"), await _redis.TakeDialogAsync(Call.Id, default));
    }

    [Fact]
    public async Task What_has_ended_is_not()
    {
        await _registry.PublishAsync(Call, default);
        await _registry.RemoveAsync(Call.Id, 1, default);
        await _registry.KeepDialogAsync(Call.Id, 1, "late", default);
        _redis.Forget();
        await _registry.ShowAgainAsync(default);
        Assert.Empty(await _redis.ListAsync(default));
        Assert.Equal(new TakenDialog(true, null), await _redis.TakeDialogAsync(Call.Id, default));
    }

    [Fact]
    public async Task What_ended_a_moment_ago_is_removed_from_a_primary_that_was_not_told()
    {
        await _registry.PublishAsync(Call, default);
        await _registry.KeepDialogAsync(Call.Id, 1, "dialog", default);
        await _registry.RemoveAsync(Call.Id, 1, default);
        await _redis.PublishAsync(Call, default); // the replica that is the primary now
        await _redis.KeepDialogAsync(Call.Id, 1, "dialog", default);
        await _registry.ShowAgainAsync(default);
        Assert.Empty(await _redis.ListAsync(default));
        Assert.Equal(new TakenDialog(true, null), await _redis.TakeDialogAsync(Call.Id, default));
    }

    [Fact]
    public async Task A_call_that_ends_while_it_is_shown_again_is_not_left_behind()
    {
        await _registry.PublishAsync(Call, default);
        _redis.Forget();
        _redis.OnPublish = () => _registry.RemoveAsync(Call.Id, 1, default);
        await _registry.ShowAgainAsync(default);
        Assert.Empty(await _redis.ListAsync(default));
    }

    [Fact]
    public async Task The_claim_of_a_users_call_is_made_again_until_the_call_is_over()
    {
        var (live, over) = (new WhatsAppCallId("wacid.live"), new WhatsAppCallId("wacid.over"));
        await _registry.PublishAsync(Call with { WhatsAppId = live }, default);
        await _registry.PublishAsync(Call with { Id = new CallId("c2"), WhatsAppId = over }, default);
        await _registry.SetTombstoneAsync(over, default);
        await _registry.ShowAgainAsync(default);
        Assert.Equal((live, Call.Id), Assert.Single(_redis.Claims));
    }

    [Fact]
    public async Task The_claim_that_Redis_did_not_take_is_made_as_soon_as_it_answers()
    {
        var id = new WhatsAppCallId("wacid.live");
        _redis.IsAway = true;
        Assert.Equal(ClaimResult.Assumed, await _registry.ClaimAsync(id, Call.Id, default));
        _redis.IsAway = false;
        await _registry.PublishAsync(Call with { WhatsAppId = id }, default); // it is back before the call is shown
        await Eventually.SeeAsync(() => Task.FromResult(_redis.Claims.ToArray()), claims => claims.Contains((id, Call.Id)), "a claim");
    }

    [Fact]
    public async Task What_redis_was_not_shown_is_shown_as_soon_as_it_answers()
    {
        await _registry.PublishAsync(Call with { Id = new CallId("before") }, default);
        _redis.IsAway = true;
        await _registry.PublishAsync(Call, default);
        await _registry.KeepDialogAsync(Call.Id, 1, "dialog", default);
        await _registry.PublishAsync(Call with { State = CallState.Live }, default);
        _redis.IsAway = false;
        await Eventually.SeeAsync(
            () => _redis.TakeDialogAsync(Call.Id, default), taken => taken.Text == "dialog", "the dialog can be taken by others");
        Assert.Contains(Call with { State = CallState.Live }, await _redis.ListAsync(default));
    }

    [Fact]
    public async Task No_answer_about_a_lost_call_is_not_taken_for_a_no()
    {
        Assert.False(await _registry.GoesOnAsync(Call.Id, 1, default));
        Assert.Equal(new TakenDialog(true, null), await _registry.TakeDialogAsync(Call.Id, default));
        _redis.IsAway = true;
        Assert.Equal(TakenDialog.Unknown, await _registry.TakeDialogAsync(Call.Id, default));
        _redis.IsAway = false;
        Assert.Null(await _registry.GoesOnAsync(Call.Id, 1, default)); // it is not even asked yet
    }

    [Fact]
    public async Task A_dialog_that_was_hung_up_while_redis_was_away_is_forgotten_as_soon_as_it_answers()
    {
        await _redis.KeepDialogAsync(Call.Id, 1, "dialog", default);
        _redis.IsAway = true;
        await _registry.ForgetDialogAsync(Call.Id, default);
        _redis.IsAway = false;
        await Eventually.SeeAsync(() => _redis.TakeDialogAsync(Call.Id, default), taken => taken.Text is null, "nothing to be taken");
    }

    private sealed class EmptyRegistry : ICallRegistry
    {
        private readonly ConcurrentDictionary<CallId, LiveCall> _live = new();
        private readonly ConcurrentDictionary<CallId, string> _dialogs = new();

        /// <summary>It takes nothing, and answers no question about a lost call.</summary>
        public volatile bool IsAway;

        /// <summary>Happens before a call is shown.</summary>
        public Func<Task> OnPublish { get; set; } = () => Task.CompletedTask;

        public void Forget()
        {
            _live.Clear();
            _dialogs.Clear();
        }

        public async Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation)
        {
            if (IsAway)
                throw new TimeoutException();
            await OnPublish();
            _live[call.Id] = call;
            return true;
        }

        public Task<bool> RemoveAsync(CallId callId, long token, CancellationToken cancellation)
        {
            _live.TryRemove(callId, out _);
            _dialogs.TryRemove(callId, out _);
            return Task.FromResult(true);
        }

        public Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation)
        {
            if (IsAway)
                throw new TimeoutException();
            _dialogs[callId] = dialog;
            return Task.CompletedTask;
        }

        public Task<TakenDialog> TakeDialogAsync(CallId callId, CancellationToken cancellation) => IsAway
            ? throw new TimeoutException() : Task.FromResult(new TakenDialog(true, _dialogs.GetValueOrDefault(callId)));

        public Task ForgetDialogAsync(CallId callId, CancellationToken cancellation) => IsAway
            ? throw new TimeoutException() : Task.FromResult(_dialogs.TryRemove(callId, out _));

        public Task<bool?> GoesOnAsync(CallId callId, long token, CancellationToken cancellation) =>
            IsAway ? throw new TimeoutException() : Task.FromResult<bool?>(false);

        public Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<LiveCall>>([.. _live.Values]);

        public List<(WhatsAppCallId WhatsAppId, CallId Call)> Claims { get; } = [];

        public Task<bool> ReclaimAsync(WhatsAppCallId whatsAppId, CallId from, CallId callId, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation)
        {
            if (IsAway)
                throw new TimeoutException();
            Claims.Add((whatsAppId, callId));
            return Task.FromResult(ClaimResult.Claimed);
        }

        public Task<ClaimHolder?> FindHolderAsync(WhatsAppCallId whatsAppId, CallId? call, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation) =>
            Task.FromResult<ClaimHolder?>(null);

        public Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
            Task.FromResult(true);
    }
}
