namespace Gateway.Calls;

/// <summary>What the whatsapp leg needs to be released: the end of a <see cref="Call"/>.</summary>
public enum WhatsAppLegState
{
    None,

    /// <summary>Meta waits for our first word: reject is the way out.</summary>
    Offered,

    /// <summary>connect was asked; the call's id, from its answer or from a webhook, is not here yet.</summary>
    Asked,

    /// <summary>Known to both sides: terminate is the way out.</summary>
    Engaged,

    /// <summary>reject or terminate was asked.</summary>
    Releasing,

    Released,
}

/// <summary>What the pbx leg needs to be released.</summary>
public enum PbxLegState
{
    None,

    /// <summary>The PBX's INVITE waits for our final response.</summary>
    Incoming,

    /// <summary>Our INVITE, or an answered dialog of either direction.</summary>
    Engaged,

    Released,
}
