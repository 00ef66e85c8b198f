namespace Media.Protocols.Primitives;

/// <summary>The two sides of every call.</summary>
public enum CallLeg
{
    /// <summary>The leg towards the WhatsApp user: ICE, DTLS-SRTP and (as a rule) Opus.</summary>
    WhatsApp,

    /// <summary>The leg towards the SIP PBX: RTP or SDES-SRTP.</summary>
    Pbx,
}
