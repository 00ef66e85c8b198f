namespace Gateway.Sip.Subscriptions;

/// <summary>The state of an extension at its PBX, as the PBX shows it to subscribers.</summary>
public enum ExtensionState
{
    /// <summary>Not subscribed, or the PBX does not say.</summary>
    Unknown,

    /// <summary>No call. Asterisk says the same of a phone that has not registered.</summary>
    Idle,

    /// <summary>A call rings there and none is talked on.</summary>
    Ringing,

    /// <summary>In a call, held ones too, or dialling one.</summary>
    Busy,
}
