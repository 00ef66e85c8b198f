using Gateway.Calls.Tracing;
using Gateway.Sip.Endpoint;

namespace Gateway.Worker.Tracing;

/// <summary>One note of a tracer: an entry as it will be read, or a SIP message, which becomes one if the trace is kept.</summary>
/// <param name="At">When.</param>
/// <param name="Entry">Null: it is <paramref name="Message"/>.</param>
/// <param name="Message">The SIP message.</param>
/// <param name="Trunk">The trunk of the message.</param>
internal readonly record struct TracedItem(DateTimeOffset At, TraceEntry? Entry, SipTapMessage Message = default, string? Trunk = null)
{
    /// <summary>What it takes of a tracer's room, in bytes, by estimate.</summary>
    public int Size => 128 + (Entry is { } entry ? entry.Summary.Length * 2 : Message.Bytes.Length);
}
