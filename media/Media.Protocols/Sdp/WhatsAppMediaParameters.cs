using Media.Protocols.Ice;

namespace Media.Protocols.Sdp;

/// <summary>The result of a whatsapp leg's offer and answer. It holds for the whole call: WhatsApp has no renegotiation.</summary>
public sealed record WhatsAppMediaParameters
{
    public required IceCredentials RemoteIce { get; init; }

    /// <summary>Usable ones only; may be empty (the peer sends checks to us).</summary>
    public required IReadOnlyList<IceCandidate> RemoteCandidates { get; init; }

    public required bool RemoteIceLite { get; init; }

    /// <summary>RFC 8445 §6.1.1: the full agent when the other is lite, else the offerer.</summary>
    public required bool IceControlling { get; init; }

    /// <summary>
    /// The peer must show a certificate with one of these hashes, all of one kind: SHA-256, -384 or -512 as 32, 48 or 64 upper-case pairs
    /// joined by colons.
    /// </summary>
    public required IReadOnlyList<string> RemoteFingerprints { get; init; }

    /// <summary>True: we send the ClientHello; false: we wait for it.</summary>
    public required bool DtlsClient { get; init; }

    /// <summary>All codecs that may be sent and must be received, best first; never empty.</summary>
    public required IReadOnlyList<AgreedCodec> Codecs { get; init; }

    /// <summary>
    /// The meaning of every payload type that the peer named, chosen or not; <see cref="Codecs"/> and <see cref="TelephoneEvent"/> win.
    /// </summary>
    public IReadOnlyList<RtpMap> Receivable
    {
        get;
        init => field = value ?? []; // a generated JSON reader passes null where the text has none
    } = [];

    /// <summary>8000 Hz; null when the peer refused it.</summary>
    public required AgreedTelephoneEvent? TelephoneEvent { get; init; }

    /// <summary>The parameters that the peer's Opus decoder requests of our encoder.</summary>
    public required OpusFormat Opus { get; init; }

    /// <summary>Milliseconds of audio per packet that we send.</summary>
    public required int PacketTime { get; init; }

    /// <summary>As we see it.</summary>
    public required MediaDirection Direction { get; init; }
}
