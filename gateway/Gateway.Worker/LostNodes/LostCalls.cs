using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Storage;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.LostNodes;

/// <summary>
/// Ends calls whose node was lost, since their users and agents have nobody at the other end: their users' sides at Meta, which would
/// notice after some 30 s without media, and by <see cref="LostPhones"/> their agents'. Completes their records by what Redis and Meta say.
/// </summary>
internal sealed partial class LostCalls(
    LiveOptions live, GraphClient graph, ICallRegistry registry, NodeInbox inbox, LostPhones phones, TimeProvider time,
    ILogger<LostCalls> logger) : IDisposable
{
    /// <summary>The number of ended calls remembered, so that a call found twice is terminated once; more than a node has calls.</summary>
    private const int MaxKnown = 10_000;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>The time in which Meta sends an offer again that was not answered for.</summary>
    private static readonly TimeSpan RepeatedWithin = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Without an answer of Redis for so long a call of a lost node is not waited for any more: nobody goes on with it either. Far above a
    /// Redis that is only slow.
    /// </summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    /// <summary>The time within which the calls of a silent node are closed, with a wide margin.</summary>
    private readonly TimeSpan _memory = live.Options.Node.LostAfter * 10;

    private readonly ConcurrentDictionary<WhatsAppCallId, Task> _ended = new();
    private readonly ReportedEnds _reported = new(time);
    private readonly CancellationTokenSource _stop = new();
    private readonly InstantClock _clock = new(time);
    private Instant? _silentSince;

    /// <summary>Answered calls as last seen in the registry: those of a lost node expire there before its calls are closed.</summary>
    private readonly Dictionary<CallId, (LiveCall Call, Instant Until)> _answered = [];

    /// <summary>
    /// Completes when every call given so far was ended at Meta and at the PBX, or that was given up: Redis is waited for no longer.
    /// </summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_ended.Values.Append(phones.StopAsync()));
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>
    /// Ends what the registry has of an earlier start of this node, but for calls that go on here or at another node. Does nothing where
    /// Redis is unavailable.
    /// </summary>
    /// <param name="hasRow">PostgreSQL has a row of a call.</param>
    /// <param name="cancellation">Ends the questions to Redis.</param>
    public async Task EndOwnAsync(Func<CallId, CancellationToken, Task<bool>> hasRow, CancellationToken cancellation)
    {
        await NoteEndsAsync(live.Options.Node.Id);
        try
        {
            foreach (var call in (await RememberAsync(cancellation)).Where(call => call.Node == live.Options.Node.Id))
            {
                if (await GoesOnAsync(call.Id, call.OwnerToken, cancellation))
                    continue;
                if (await phones.HangUpAsync(call.Id, null, cancellation)) // or the dialog goes before it is taken
                    await registry.RemoveAsync(call.Id, call.OwnerToken, cancellation);
                await EndAtMetaAsync(call, hasRow);
            }
        }
        catch (Exception e) // Redis is not needed: what it has of a lost start expires within a minute.
        {
            LogRegistryUnavailable(e.Message);
        }
    }

    /// <summary>Reads the registry. To be called more often than its entries expire. Does nothing where Redis is unavailable.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        try
        {
            await RememberAsync(cancellation).WaitAsync(Retry, time, cancellation); // this node's heartbeat is given after it
        }
        catch (Exception e) // Redis is not needed: a pick-up is in PostgreSQL or in a spool too.
        {
            LogRegistryUnavailable(e.Message);
        }
    }

    /// <summary>The record of a lost node's call, completed by what the registry had of it and the store does not.</summary>
    /// <remarks>The call was answered, and lasted no longer than its hold covers.</remarks>
    public CallRecord Complete(CallRecord record)
    {
        (LiveCall Call, Instant Until) seen;
        lock (_answered)
            if (!_answered.TryGetValue(record.Id, out seen))
                return record.AnsweredAt is null && _reported.PickUpOf(record.Id) is { } pickUp ? record.LostAfterAnswer(pickUp) : record;
        var answered = seen.Call.AnsweredAt!.Value;
        if (record.AnsweredAt <= answered)
            return record;
        return record.LostAfterAnswer(answered) with
        {
            WhatsAppId = record.WhatsAppId ?? seen.Call.WhatsAppId,
            Trunk = record.Trunk ?? seen.Call.Trunk,
            Agent = record.Agent ?? seen.Call.Agent,
            AgentSince = record.AgentSince ?? seen.Call.AgentSince,
        };
    }

    private async Task<IReadOnlyList<LiveCall>> RememberAsync(CancellationToken cancellation)
    {
        var live = await registry.ListAsync(cancellation);
        var now = _clock.Now;
        lock (_answered)
        {
            foreach (var call in live.Where(call => call.AnsweredAt is not null))
                _answered[call.Id] = (call, now + _memory);
            foreach (var old in _answered.Where(one => one.Value.Until < now).Select(one => one.Key).ToArray())
                _answered.Remove(old);
        }
        return live;
    }

    /// <summary>
    /// Takes the ends of calls that Meta has reported to a lost node: those need not be terminated. Does nothing where Redis is
    /// unavailable.
    /// </summary>
    public async Task NoteEndsAsync(string node)
    {
        try
        {
            var ends = new List<InboxEntry>();
            foreach (var entry in await inbox.ReadAsync(node))
                if (ForwardedEvent.TryRead(entry.Text, out var forwarded) && forwarded.Event is WebhookEvent.CallTerminate end)
                {
                    var id = new WhatsAppCallId(end.CallId);
                    ends.Add(entry);
                    _ended.TryAdd(id, Task.CompletedTask);
                    var claim = await registry.SetTombstoneAsync(id, CancellationToken.None);
                    if ((claim?.Call?.Value ?? end.OpaqueData) is { } call) // the node may have died before it bound Meta's id
                        _reported.Await(new CallId(call), id);
                    NoteEnd(id, end);
                }
            if (ends.Count > 0)
                await inbox.RemoveAsync(node, ends);
        }
        catch (Exception e) // Redis is not needed: a call that is over is terminated in vain.
        {
            LogRegistryUnavailable(e.Message);
        }
    }

    /// <summary>Meta has reported the end of a call. Does nothing where it was not ended here for a lost node.</summary>
    public void NoteEnd(WhatsAppCallId id, WebhookEvent.CallTerminate end) => _reported.Note(id, end);

    /// <summary>
    /// Meta, which was asked to terminate this call, is still to report its end: with that it says whether the call was answered.
    /// </summary>
    public bool IsReportAwaited(CallId call) => _reported.IsAwaited(call);

    /// <summary>Completes when Meta has reported the end of a call that was terminated here, or is waited for no longer.</summary>
    public Task ReportAsync(CallId call) => _reported.WaitAsync(call);

    /// <summary>
    /// Another node has taken the call of a lost one over, or will: it is not to be ended. True too where Redis does not answer, but false
    /// where it is unavailable for longer.
    /// </summary>
    public async Task<bool> GoesOnAsync(CallId call, long token, CancellationToken cancellation)
    {
        var answer = await registry.GoesOnAsync(call, token, cancellation);
        if (answer is not null)
            _silentSince = null;
        else
            _silentSince ??= _clock.Now;
        return answer ?? _clock.Now - _silentSince < LongestSilence;
    }

    /// <summary>Meta has said so, or it was ended here.</summary>
    public bool IsOver(WhatsAppCallId whatsAppId) => _ended.ContainsKey(whatsAppId);

    /// <summary>
    /// Ends a call at Meta, if it is known there. But of a user's call that nobody has answered and PostgreSQL has no row of, Meta was
    /// told by nobody that it was taken: its offer is sent again, or waits in an inbox, and begins it anew.
    /// </summary>
    /// <param name="call">Of a lost node.</param>
    /// <param name="hasRow">PostgreSQL has a row of the call. It is ended where that cannot be said.</param>
    public async Task EndAtMetaAsync(LiveCall call, Func<CallId, CancellationToken, Task<bool>> hasRow)
    {
        if (call.WhatsAppId is not { } id)
            return;
        if (call is { Direction: CallDirection.Inbound, AnsweredAt: null } && await IsWithoutRowAsync(call.Id, hasRow))
            _ = EndUnlessBegunAnewAsync(call, id);
        else
            End(call.Id, call.Channel, id);
    }

    private async Task<bool> IsWithoutRowAsync(CallId call, Func<CallId, CancellationToken, Task<bool>> hasRow)
    {
        try
        {
            return !await time.WithinAsync(Retry, timeout => hasRow(call, timeout));
        }
        catch (Exception) // PostgreSQL.
        {
            return false;
        }
    }

    /// <summary>The user waits for so long where the offer does not come again after all. Never throws.</summary>
    private async Task EndUnlessBegunAnewAsync(LiveCall call, WhatsAppCallId id)
    {
        try
        {
            await Task.Delay(RepeatedWithin, time, _stop.Token);
            if (await registry.FindHolderAsync(id, null, _stop.Token) is { } holder && holder.Call == call.Id)
                End(call.Id, call.Channel, id);
        }
        catch (Exception) // Redis, or this node stops: Meta ends the call by itself, later.
        {
        }
    }

    /// <summary>Begins to terminate a call at Meta, the first time that it is given.</summary>
    public void End(CallId call, ChannelId channel, WhatsAppCallId whatsAppId)
    {
        if (_ended.Count >= MaxKnown)
            _ended.Clear();
        if (!_ended.ContainsKey(whatsAppId))
            _reported.Await(call, whatsAppId);
        _ended.GetOrAdd(whatsAppId, id => Task.Run(() => TerminateAsync(call, channel, id)));
    }

    private async Task TerminateAsync(CallId call, ChannelId channel, WhatsAppCallId whatsAppId)
    {
        await registry.SetTombstoneAsync(whatsAppId, CancellationToken.None); // late webhooks about it must not start it again
        if (live.GraphNumberOf(channel) is not { } number)
            return; // only another node has its token
        var result = await graph.TerminateAsync(number, whatsAppId.Value);
        if (result.IsSuccess)
            LogTerminated(call);
        else
            LogNotTerminated(call, result.Error.Error.Code);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: nobody carried it any more, and its user's side was terminated")]
    private partial void LogTerminated(CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: nobody carried it any more; "
        + "Meta did not terminate its user's side ({Code}), which may be over already")]
    private partial void LogNotTerminated(CallId callId, int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The calls of an earlier start could not be read from Redis: {Reason}")]
    private partial void LogRegistryUnavailable(string reason);
}
