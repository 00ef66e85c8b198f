namespace Media.Engine.Session;

/// <summary>The events that a <see cref="MediaSession"/> waits for.</summary>
internal enum MediaDeadline
{
    /// <summary>The ICE agent's next check or verdict.</summary>
    Ice,

    /// <summary>Connectivity checks that failed begin anew.</summary>
    IceRestart,

    /// <summary>The next retransmission of the handshake.</summary>
    Dtls,

    /// <summary>The end of the wait for a connected WebRTC leg.</summary>
    Connect,

    /// <summary>ICE or DTLS with a phone that speaks WebRTC.</summary>
    PbxTransport,

    WhatsAppReport,

    PbxReport,

    /// <summary>A late packet's turn, or the next frame that is generated or paced.</summary>
    AudioToPbx,

    AudioToWhatsApp,

    /// <summary>The same, between an agent and whom the agent consults.</summary>
    AudioBetweenPhones,

    /// <summary>A telephone-event that is due on this leg, or one whose end did not come.</summary>
    WhatsAppKeys,

    PbxKeys,

    /// <summary>The next tone or pause of a key that is played in the audio.</summary>
    KeyTones,

    /// <summary>The end of the beeps that announce the end of the call.</summary>
    Warning,

    /// <summary>A packet that is recorded is late, or nothing comes and silence is recorded.</summary>
    Recording,

    /// <summary>Quality is published, and silence looked for.</summary>
    Tick,
}
