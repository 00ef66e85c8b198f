using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>The inputs of the endpoint's loop: everything that happens to it comes by this one queue.</summary>
internal abstract record EndpointInput
{
    private EndpointInput()
    {
    }

    public sealed record Received(SipMessage Message, SipFlow Flow) : EndpointInput;

    /// <summary>Something that is no message, but may deserve an answer.</summary>
    public sealed record Malformed(SipParseError Error, SipFlow Flow) : EndpointInput;

    public sealed record SendFailed(long Transaction, string? Reason = null) : EndpointInput;

    /// <summary>A connection is gone.</summary>
    public sealed record FlowClosed(SipFlow Flow) : EndpointInput;

    /// <summary>Work of another thread, done on the loop; <paramref name="Done"/> completes afterwards.</summary>
    public sealed record Command(Action<Instant> Action, TaskCompletionSource? Done) : EndpointInput;

    /// <summary>The deadline came.</summary>
    public sealed record Wake : EndpointInput
    {
        public static readonly Wake Instance = new();
    }
}
