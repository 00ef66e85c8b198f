namespace Gateway.Sip.Dialogs;

/// <summary>The things that a session waits for, each until a time of its own.</summary>
public enum SessionDeadline
{
    /// <summary>The final response to the INVITE that we cancelled (RFC 3261 §9.1).</summary>
    CancelledInvite,

    /// <summary>Our reliable response is sent again without its PRACK (RFC 3262 §3).</summary>
    PrackRepeat,

    /// <summary>Its PRACK.</summary>
    Prack,

    /// <summary>Our 2xx is sent again without its ACK (RFC 3261 §13.3.1.4).</summary>
    AckRepeat,

    /// <summary>Its ACK.</summary>
    Ack,

    /// <summary>The owner's answer to the peer's offer.</summary>
    OwnersAnswer,

    /// <summary>The final response to our re-INVITE or UPDATE.</summary>
    PeersAnswer,

    /// <summary>An offer of ours is made again.</summary>
    OfferRetry,

    /// <summary>A session refresh of ours is made again.</summary>
    RefreshRetry,

    /// <summary>The session is to be refreshed (RFC 4028).</summary>
    Refresh,

    /// <summary>Nobody has refreshed the session.</summary>
    Expiry,

    /// <summary>Nothing can arrive any more.</summary>
    Forget,
}
