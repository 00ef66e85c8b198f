namespace Media.Engine;

/// <summary>The audio that one side of a call is to hear.</summary>
public enum AudioTreatment
{
    /// <summary>
    /// The audio that the other side sends; silence towards WhatsApp while it sends nothing. Early media is this, before the answer.
    /// </summary>
    Live,

    /// <summary>Generated silence.</summary>
    Silence,

    /// <summary>The generated ringing tone of the profile's country.</summary>
    Ringback,

    /// <summary>The generated hold music.</summary>
    HoldMusic,
}
