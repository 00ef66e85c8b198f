namespace Media.Engine;

/// <summary>Which side of a bridged call is meant.</summary>
public enum CallLeg
{
    /// <summary>ICE, DTLS-SRTP and (as a rule) Opus towards the WhatsApp user.</summary>
    WhatsApp,

    /// <summary>RTP or SDES-SRTP towards the SIP PBX.</summary>
    Pbx,
}
