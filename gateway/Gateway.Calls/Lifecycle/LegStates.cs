namespace Gateway.Calls.Lifecycle;

/// <summary>The state of the whatsapp leg, as far as its release depends on it.</summary>
public enum WhatsAppLegState
{
    None,

    /// <summary>Meta waits for the first action: reject releases the leg.</summary>
    Offered,

    /// <summary>connect was sent; the call's id, from its answer or from a webhook, has not arrived.</summary>
    Asked,

    /// <summary>The answer to connect was lost: whether a phone rings, and under which id, only a webhook can still tell.</summary>
    Unknown,

    /// <summary>Known to both sides: terminate is the way out.</summary>
    Engaged,

    /// <summary>reject or terminate was sent.</summary>
    Releasing,

    /// <summary>The call is over at Meta, whose report of its end may say that the user had picked up.</summary>
    Reporting,

    Released,
}

/// <summary>The state of the pbx leg, as far as its release depends on it.</summary>
public enum PbxLegState
{
    None,

    /// <summary>The PBX's INVITE waits for our final response.</summary>
    Incoming,

    /// <summary>Our INVITE, or an answered dialog of either direction.</summary>
    Engaged,

    Released,
}
