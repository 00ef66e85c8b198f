namespace Gateway.Sip.Subscriptions;

/// <summary>The things that a subscription waits for.</summary>
internal enum SubscriptionDeadline
{
    /// <summary>The subscription has run out without a refresh.</summary>
    Expiry,

    /// <summary>No NOTIFY followed our SUBSCRIBE (RFC 6665 §4.1.2.4, timer N).</summary>
    Notify,

    /// <summary>The last NOTIFY of a subscription that we have ended can no longer come.</summary>
    Forget,

    /// <summary>SUBSCRIBE is to be sent: the first one, a refresh, or another try.</summary>
    Send,
}
