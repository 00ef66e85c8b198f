namespace Media.Engine;

/// <summary>The silences of a talker that are not sent as audio (discontinuous transmission, RFC 7587 §3.1.3).</summary>
public enum OpusDtx
{
    /// <summary>None: all of it is sent.</summary>
    Never,

    /// <summary>Those towards a peer whose description says `usedtx=1`.</summary>
    WherePreferred,

    /// <summary>All. RFC 7587 allows it whatever the peer says.</summary>
    Always,
}
