using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Books;

/// <summary>
/// Ends the WhatsApp side of calls whose node has died: their users sit in a call without anybody at the other end. Meta would notice after
/// some 30 s without media; who was only ringing would ring on.
/// </summary>
internal sealed partial class LostCalls(GatewayOptions options, GraphClient graph, ICallRegistry registry, ILogger<LostCalls> logger)
{
    /// <summary>Remembered, so that a call that is found twice is terminated once; more than a node has calls.</summary>
    private const int MaxKnown = 10_000;

    private readonly ConcurrentDictionary<WhatsAppCallId, Task> _ended = new();

    /// <summary>When every call given so far was told to Meta, or that was given up.</summary>
    public Task Idle => Task.WhenAll(_ended.Values);

    /// <summary>Everything that the registry still shows of an earlier start of this node. Nothing, where Redis does not answer.</summary>
    public async Task EndOwnAsync(CancellationToken cancellation)
    {
        try
        {
            foreach (var call in (await registry.ListAsync(cancellation)).Where(call => call.Node == options.Node.Id))
            {
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

    /// <summary>Begins to tell Meta; the first time that this call is given.</summary>
    public void End(CallId call, ChannelId channel, WhatsAppCallId whatsAppId)
    {
        if (_ended.Count >= MaxKnown)
            _ended.Clear();
        _ended.GetOrAdd(whatsAppId, id => Task.Run(() => TerminateAsync(call, channel, id)));
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not show what an earlier start left: {Reason}")]
    private partial void LogRegistryAway(string reason);
}
