using Gateway.Sip.Transactions;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The values that another process needs to end a dialog (RFC 3261 §12), or to go on with it: kept beside a live call, so that the PBX's
/// side of it can be hung up when the process that ran it has died. A plain value of texts and numbers, without secrets, made to be stored
/// as JSON; what is added later must have a default.
/// </summary>
public sealed record SipDialogSnapshot
{
    /// <summary>The trunk's configured name.</summary>
    public required string Trunk { get; init; }

    public required string CallId { get; init; }

    /// <summary>Our From with tag.</summary>
    public required string Local { get; init; }

    /// <summary>Our To with tag.</summary>
    public required string Remote { get; init; }

    /// <summary>The peer's Contact.</summary>
    public required string Target { get; init; }

    public IReadOnlyList<string> Routes
    {
        get;
        init => field = value ?? []; // a generated JSON reader passes null where the text has none
    } = [];

    /// <summary>CSeq of our last request when this was taken; later ones may have followed.</summary>
    public required uint LocalSequence { get; init; }

    /// <summary>CSeq of the peer's last request; null: it has sent none.</summary>
    public uint? RemoteSequence { get; init; }

    /// <summary>The peer takes UPDATE; null while it has sent no Allow.</summary>
    public bool? AllowsUpdate { get; init; }

    /// <summary>The peer says that it takes INFO.</summary>
    public bool AllowsInfo { get; init; }

    public required SipTransport Transport { get; init; }

    /// <summary>The destination of the next request: address and port.</summary>
    public required string NextHop { get; init; }

    /// <summary>The name that a TLS server must prove.</summary>
    public string? ServerName { get; init; }
}
