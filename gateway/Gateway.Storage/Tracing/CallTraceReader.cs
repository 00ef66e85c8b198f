using Gateway.Calls.Tracing;
using Gateway.Storage.Commands;

namespace Gateway.Storage.Tracing;

/// <summary>Finds the trace of a call: of one that has ended in PostgreSQL, of one in progress at the node that runs it.</summary>
public sealed class CallTraceReader(CallTraceStore store, NodeCommands nodes)
{
    /// <summary>
    /// The whole trace, or all of it that there is so far; null where neither PostgreSQL nor a node has one, with the node's answer where
    /// it gave one.
    /// </summary>
    /// <param name="id">The gateway's id of the call, or WhatsApp's.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<(CallTrace? Trace, CommandReply? Reply)> FindAsync(string id, CancellationToken cancellation)
    {
        var stored = await store.FindAsync(id, cancellation);
        if (stored is { Cause: not null })
            return (stored, null);
        // there is none, or another node went on with the call
        var reply = await nodes.ShowTraceAsync(id, cancellation);
        if (reply.Trace is not { } text)
            return (stored, reply);
        var live = CallTraceText.Read(text) with { IsLive = true };
        return (stored is null ? live : CallTrace.Join([stored, live]), reply);
    }
}
