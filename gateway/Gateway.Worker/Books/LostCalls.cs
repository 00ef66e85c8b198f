using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Sip;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Books;

/// <summary>
/// Ends both sides of calls whose node has died: their users and agents sit in a call without anybody at the other end. Meta would notice after
/// some 30 s without media, who was only ringing would ring on, and a PBX without session timers would never notice.
/// </summary>
internal sealed partial class LostCalls(
    GatewayOptions options, GraphClient graph, ICallRegistry registry, SipEndpoint sip, InstantClock clock, ILogger<LostCalls> logger)
{
    /// <summary>Remembered, so that a call that is found twice is terminated once; more than a node has calls.</summary>
    private const int MaxKnown = 10_000;

    /// <summary>Until the calls of a node that has fallen silent are closed, with a wide margin.</summary>
    private readonly TimeSpan _memory = options.Node.LostAfter * 10;

    private readonly ConcurrentDictionary<WhatsAppCallId, Task> _ended = new();
    private readonly ConcurrentDictionary<CallId, Task> _hungUp = new();

    /// <summary>Answered calls as the registry last showed them: what it shows of a dead node is gone before its calls are closed.</summary>
    private readonly Dictionary<CallId, (LiveCall Call, Instant Until)> _answered = [];

    /// <summary>When every call given so far was told to Meta and to the PBX, or that was given up.</summary>
    public Task Idle => Task.WhenAll(_ended.Values.Concat(_hungUp.Values));

    /// <summary>Everything that the registry still shows of an earlier start of this node. Nothing, where Redis does not answer.</summary>
    public async Task EndOwnAsync(CancellationToken cancellation)
    {
        try
        {
            foreach (var call in (await RememberAsync(cancellation)).Where(call => call.Node == options.Node.Id))
            {
                await EndAtPbxAsync(call.Id, cancellation);
                await registry.RemoveAsync(call.Id, cancellation);
                if (call.WhatsAppId is { } whatsAppId)
                    End(call.Id, call.Channel, whatsAppId);
            }
        }
        catch (Exception e) // Redis is not needed: what it shows of a dead start is gone in a minute by itself.
        {
            LogRegistryAway(e.Message);
        }
    }

    /// <summary>Looks at what the registry shows now. To be called more often than that expires. Nothing, where Redis does not answer.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        try
        {
            await RememberAsync(cancellation);
        }
        catch (Exception e) // Redis is not needed: a pick-up is in the books or in a spool too.
        {
            LogRegistryAway(e.Message);
        }
    }

    /// <summary>The record of a dead node's call, with what the registry showed of it and the books do not say.</summary>
    /// <remarks>It was answered, and lasted no longer than what is held pays for.</remarks>
    public CallRecord Complete(CallRecord record)
    {
        (LiveCall Call, Instant Until) seen;
        lock (_answered)
            if (!_answered.TryGetValue(record.Id, out seen))
                return record;
        var answered = seen.Call.AnsweredAt!.Value;
        if (record.AnsweredAt <= answered)
            return record;
        var end = record.EndedAt > answered ? record.EndedAt : answered;
        if (record.Funding is { } funding && Credit.PaidTime(funding.Rate, funding.Held) is var paid && paid < end - answered)
            end = answered + paid;
        return record with
        {
            AnsweredAt = answered,
            EndedAt = end,
            WhatsAppId = record.WhatsAppId ?? seen.Call.WhatsAppId,
            Trunk = record.Trunk ?? seen.Call.Trunk,
            Agent = record.Agent ?? seen.Call.Agent,
        };
    }

    private async Task<IReadOnlyList<LiveCall>> RememberAsync(CancellationToken cancellation)
    {
        var live = await registry.ListAsync(cancellation);
        var now = clock.Now;
        lock (_answered)
        {
            foreach (var call in live.Where(call => call.AnsweredAt is not null))
                _answered[call.Id] = (call, now + _memory);
            foreach (var old in _answered.Where(one => one.Value.Until < now).Select(one => one.Key).ToArray())
                _answered.Remove(old);
        }
        return live;
    }

    /// <summary>Begins to tell Meta; the first time that this call is given.</summary>
    public void End(CallId call, ChannelId channel, WhatsAppCallId whatsAppId)
    {
        if (_ended.Count >= MaxKnown)
            _ended.Clear();
        _ended.GetOrAdd(whatsAppId, id => Task.Run(() => TerminateAsync(call, channel, id)));
    }

    /// <summary>Takes the dialog that the dead node kept, and begins to hang it up as soon as SIP runs here; nothing where none was kept.</summary>
    public async Task EndAtPbxAsync(CallId call, CancellationToken cancellation)
    {
        if (await registry.TakeDialogAsync(call, cancellation) is not { } text)
            return;
        if (_hungUp.Count >= MaxKnown)
            _hungUp.Clear();
        _hungUp[call] = Task.Run(() => HangUpAsync(call, text), CancellationToken.None);
    }

    private async Task HangUpAsync(CallId call, string text)
    {
        try
        {
            var dialog = JsonSerializer.Deserialize<SipDialogSnapshot>(text, JsonSerializerOptions.Web)!;
            var reason = SipReason.Q850(CauseTable.Q850(HangupCause.NodeLost), nameof(HangupCause.NodeLost));
            if (await sip.EndDialogAsync(dialog, reason))
                LogHungUp(call, dialog.Trunk);
            else
                LogNotHungUp(call, "its trunk is not configured here, or no listener serves its address");
        }
        catch (JsonException) // Another version's.
        {
            LogNotHungUp(call, "what its node kept of the dialog cannot be read");
        }
        catch (OperationCanceledException)
        {
            LogNotHungUp(call, "this node stops");
        }
    }

    private async Task TerminateAsync(CallId call, ChannelId channel, WhatsAppCallId whatsAppId)
    {
        await registry.BuryAsync(whatsAppId, CancellationToken.None); // what Meta still has to say of it starts no ghost
        if (options.Channels.FirstOrDefault(c => c.PhoneNumberId == channel.Value) is not { } number)
            return; // its token is another node's
        var result = await graph.TerminateAsync(new GraphNumber(number.PhoneNumberId, new GraphToken(number.AccessToken.Reveal())), whatsAppId.Value);
        if (result.IsSuccess)
            LogTerminated(call);
        else
            LogNotTerminated(call, result.Error.Error.Code);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its node was lost, and its user's side was terminated")]
    private partial void LogTerminated(CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its node was lost; Meta did not terminate its user's side ({Code}), which may be over already")]
    private partial void LogNotTerminated(CallId callId, int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its node was lost, and its agent's side was hung up at trunk {Trunk}")]
    private partial void LogHungUp(CallId callId, string trunk);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its node was lost; its agent's side was not hung up: {Reason}")]
    private partial void LogNotHungUp(CallId callId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not show what an earlier start left: {Reason}")]
    private partial void LogRegistryAway(string reason);
}
