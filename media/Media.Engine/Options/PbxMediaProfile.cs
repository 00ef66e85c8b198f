using System.Net;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine;

/// <summary>The way in which media is negotiated with, and received from, one PBX: the media part of a SIP profile.</summary>
public sealed record PbxMediaProfile
{
    private static readonly AudioCodec[] UsualCodecs = [AudioCodec.Pcmu, AudioCodec.Pcma, AudioCodec.G722];

    private readonly (AddressBits Bits, int Length)[] _sources = [];

    /// <summary>In order of preference; at least one.</summary>
    public IReadOnlyList<AudioCodec> Codecs { get; init; } = UsualCodecs;

    /// <summary>The policy on encryption with keys from SDP (RFC 4568).</summary>
    public SrtpPolicy Security { get; init; } = SrtpPolicy.Optional;

    /// <summary>
    /// Offers are WebRTC: ICE-lite, DTLS-SRTP, and Opus before <see cref="Codecs"/>. Offers of the peer's are answered as they are, WebRTC
    /// or not.
    /// </summary>
    public bool IsWebRtc { get; init; }

    /// <summary>
    /// Milliseconds of audio per packet we ask for and send by default: 10, 20, 30, 40 or 60. The peer's `ptime` is honoured.
    /// </summary>
    public int PacketTimeMs { get; init; } = 20;

    public AudioPlayout Playout { get; init; }

    /// <summary>Offer and send RFC 4733 telephone-events.</summary>
    public bool TelephoneEvents { get; init; } = true;

    /// <summary>Find keys by their tones in the PBX's audio, until it sends a telephone-event.</summary>
    public bool DetectKeyTones { get; init; }

    /// <summary>
    /// The PBX is behind a NAT: until anything was heard from the signalled address, the first source heard becomes the peer.
    /// Off, only another port of the signalled IP can, and only after <see cref="LatchAfter"/>.
    /// </summary>
    public bool NatLatching { get; init; }

    /// <summary>The time that the PBX's media has to be silent before another source may take its place; 0.5 … 60 s.</summary>
    public TimeSpan LatchAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Addresses of the PBX that are known beside its media: behind a NAT, media from there is believed before any other.
    /// </summary>
    public IReadOnlyList<IPNetwork> Sources
    {
        get;
        init => (field, _sources) = (value, [.. value.Select(Prefix)]);
    } = [];

    /// <summary>Offer RTP and RTCP on one port (RFC 5761). Accepted from the peer in any case.</summary>
    public bool RtcpMux { get; init; }

    /// <summary>Offer an IPv6 media address. An answer follows the offer's family in any case.</summary>
    public bool IPv6 { get; init; }

    /// <summary>The binding that this PBX is spoken to from, by an address that it advertises; null: the first of the family.</summary>
    public string? Address { get; init; }

    public RingbackTone Ringback { get; init; } = RingbackTone.Europe;

    /// <summary>The audio that the WhatsApp user hears while the PBX holds the call and sends nothing itself.</summary>
    public AudioTreatment OnHold { get; init; } = AudioTreatment.HoldMusic;

    /// <summary>The time that a PBX that holds the call has to send nothing before <see cref="OnHold"/> is heard; 1 … 60 s.</summary>
    public TimeSpan HoldMusicAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The address lies in one of <see cref="Sources"/>.</summary>
    internal bool IsSource(TransportAddress address)
    {
        foreach (var (bits, length) in _sources)
            if (address.Bits.Prefix(length) == bits)
                return true;
        return false;
    }

    private static (AddressBits Bits, int Length) Prefix(IPNetwork network)
    {
        var bits = TransportAddress.From(network.BaseAddress, 0).Bits;
        var length = bits.IsIPv4 ? 96 + network.PrefixLength : network.PrefixLength;
        return (bits.Prefix(length), length);
    }

    /// <summary>All that is wrong with these values; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Codecs.Count == 0)
            errors.Add("Codecs: name at least one of Pcmu, Pcma, G722, Opus.");
        if (Codecs.Distinct().Count() != Codecs.Count)
            errors.Add("Codecs: a codec is named twice.");
        if (PacketTimeMs is not (10 or 20 or 30 or 40 or 60))
            errors.Add($"PacketTimeMs: {PacketTimeMs} is not one of 10, 20, 30, 40, 60.");
        if (LatchAfter < TimeSpan.FromSeconds(0.5) || LatchAfter > TimeSpan.FromMinutes(1))
            errors.Add("LatchAfter: 0.5 … 60 s.");
        if (HoldMusicAfter < TimeSpan.FromSeconds(1) || HoldMusicAfter > TimeSpan.FromMinutes(1))
            errors.Add("HoldMusicAfter: 1 … 60 s.");
        if (OnHold is not (AudioTreatment.HoldMusic or AudioTreatment.Silence or AudioTreatment.Ringback))
            errors.Add("OnHold: HoldMusic, Silence or Ringback.");
        return errors;
    }
}
