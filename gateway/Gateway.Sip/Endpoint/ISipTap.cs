using Gateway.Sip.Dialogs;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Endpoint;

/// <summary>A SIP message as it came or went; over TLS what was inside.</summary>
/// <param name="CallId">Its Call-ID.</param>
/// <param name="IsOutgoing">Sent by us.</param>
/// <param name="Flow">The path, with the peer's address.</param>
/// <param name="Local">The bound address of our listener.</param>
/// <param name="Bytes">One whole message; of one that came, as we write it again: full header names, one value a line.</param>
public readonly record struct SipTapMessage(
    string CallId, bool IsOutgoing, SipFlow Flow, TransportAddress Local, ReadOnlyMemory<byte> Bytes);

/// <summary>Sees every message of an endpoint, for traces. Called on the endpoint's loop, which waits for it: it only takes note.</summary>
public interface ISipTap
{
    /// <summary>Somebody wants messages; while nobody does, none is written down again for it. Read for each message.</summary>
    bool IsOn { get; }

    /// <summary>
    /// A call begins. Of one that we place before its first message, from any thread; of one that comes in after its INVITE was seen.
    /// </summary>
    /// <param name="info">With the Call-ID of all its messages.</param>
    /// <param name="correlation">As <see cref="SipInviteRequest.Correlation"/>; null for one that comes in.</param>
    void Begin(SipCallInfo info, string? correlation);

    void Handle(in SipTapMessage message);

    /// <summary>An event of the call that its owner gets, the failure to send among them.</summary>
    void Handle(string callId, SipCallEvent happened);
}
