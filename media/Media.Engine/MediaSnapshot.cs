using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;

namespace Media.Engine;

/// <summary>
/// The media of a connected call as a value, from which another process goes on with it (<see cref="Loop.MediaEngine.Resume"/>): addresses,
/// keys, codecs, and how far both streams have come. A secret. In JSON by <see cref="MediaSnapshotJson"/>. What is
/// added later must not be required; where it is absent, it is read as null or zero, whatever its initialiser says.
/// </summary>
/// <remarks>
/// Taken again after every change; in between newer counters may take the place of its own: `snapshot with { Counters = … }`.
/// </remarks>
public sealed record MediaSnapshot
{
    public required WhatsAppLegSnapshot WhatsApp { get; init; }

    public required PbxLegSnapshot Pbx { get; init; }

    public AudioTreatment TowardsWhatsApp { get; init; }

    public AudioTreatment TowardsPbx { get; init; }

    public required CallCounters Counters { get; init; }

    /// <summary>Nothing was sent after the counters were read: the call was handed over. Else its owner may have gone on.</summary>
    public bool IsExact { get; init; }

    /// <summary>
    /// Packets that an owner sends at most after its counters were read: five minutes of them. Below 2¹⁵, or the receiver would guess
    /// another rollover.
    /// </summary>
    private const int LongestStride = 15_000;

    /// <summary>The same for SRTCP, whose packets name their index.</summary>
    private const int LongestReportStride = 1_000;

    /// <summary>After a death: a lease has to lapse before anybody goes on, whatever two clocks say.</summary>
    private static readonly TimeSpan ShortestGap = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(5);

    /// <summary>The same call later, where nothing that an owner may have sent meanwhile is sent again.</summary>
    /// <param name="takeovers">Owners since: the one that goes on from here, and those that died before they left a snapshot.</param>
    /// <param name="now">The time, to which both time lines go on.</param>
    public MediaSnapshot Ahead(int takeovers, DateTimeOffset now)
    {
        var strides = IsExact ? takeovers - 1 : takeovers;
        var gap = now - Counters.At;
        gap = gap < ShortestGap && !IsExact ? ShortestGap : gap < TimeSpan.Zero ? TimeSpan.Zero : gap > LongestGap ? LongestGap : gap;
        LegCounters Later(LegCounters leg, AudioCodec sending) => leg.Ahead(
            strides * LongestStride, strides * LongestReportStride, (long)(gap.TotalMilliseconds * sending.ClockRate() / 1000));
        return this with
        {
            WhatsApp = WhatsApp with { Moves = WhatsApp.Moves + takeovers - 1 },
            Counters = new CallCounters(
                now, Later(Counters.WhatsApp, WhatsApp.Sending), Later(Counters.Pbx, Pbx.Sdp.Agreed.Codec.Codec)),
        };
    }

    /// <summary>All that is wrong with these values; empty when a call can be resumed from them.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!WhatsApp.Local.IsUsable || !WhatsApp.Agreed.RemoteIce.IsUsable)
            errors.Add("WhatsApp: ICE credentials that cannot be used.");
        if (WhatsApp.Remote.IsNone || WhatsApp.Moves < 0)
            errors.Add("WhatsApp: no address of the peer, or less than no moves.");
        if (!WhatsApp.LocalKeys.Fits(WhatsApp.Profile) || !WhatsApp.RemoteKeys.Fits(WhatsApp.Profile))
            errors.Add($"WhatsApp: keys that do not fit the profile {WhatsApp.Profile}.");
        var (whatsApp, pbx) = (WhatsApp.Agreed, Pbx.Sdp.Agreed);
        if (!AreUsable(whatsApp.Codecs, whatsApp.Receivable, whatsApp.TelephoneEvent, whatsApp.PacketTime))
            errors.Add("WhatsApp: no codec, a payload type that means nothing, or no packet time that we can send.");
        if (!AreUsable(pbx.Codecs, pbx.Receivable, pbx.TelephoneEvent, pbx.PacketTime) || !Pbx.Sdp.PayloadTypes.All(IsUsable))
            errors.Add("Pbx: no codec, a payload type that means nothing, or no packet time that we can send.");
        if (!Enum.IsDefined(Pbx.Side))
            errors.Add("Pbx: no such side.");
        errors.AddRange(Pbx.Sdp.Validate().Select(error => "Pbx: " + error));
        return errors;
    }

    private static bool IsUsable(RtpMap map) => map is { Encoding: not null, PayloadType: <= RtpMap.MaxPayloadType, ClockRate: > 0 };

    private static bool AreUsable(
        IReadOnlyList<AgreedCodec> codecs, IReadOnlyList<RtpMap> named, AgreedTelephoneEvent? events, int packetTime) =>
        codecs.Count > 0 && packetTime is (10 or 20 or 30 or 40 or 60)
        && codecs.All(codec => Enum.IsDefined(codec.Codec) && (codec.SendPayloadType | codec.ReceivePayloadType) <= RtpMap.MaxPayloadType)
        && named.All(IsUsable)
        && (events is not { } keys
            || (keys.SendPayloadType | keys.ReceivePayloadType) <= RtpMap.MaxPayloadType && keys.ClockRate > 0);
}

/// <summary>The whatsapp leg of a <see cref="MediaSnapshot"/>.</summary>
public sealed record WhatsAppLegSnapshot
{
    /// <summary>Our ICE credentials.</summary>
    public required IceCredentials Local { get; init; }

    public required WhatsAppMediaParameters Agreed { get; init; }

    /// <summary>The peer's end of the nominated path.</summary>
    public required TransportAddress Remote { get; init; }

    /// <summary>How often the leg has gone on from another address.</summary>
    public int Moves { get; init; }

    /// <summary>
    /// Our addresses before, as the peer saw them, the last ones last. A full ICE peer still knows them as dead, and would take seconds to
    /// come back to one.
    /// </summary>
    public IReadOnlyList<TransportAddress>? Left { get; init; }

    /// <summary>The codec that we send.</summary>
    public required AudioCodec Sending { get; init; }

    public required SrtpProfile Profile { get; init; }

    public required SrtpKeys LocalKeys { get; init; }

    public required SrtpKeys RemoteKeys { get; init; }

    /// <summary>RTCP's name for us.</summary>
    public required string Cname { get; init; }
}

/// <summary>The call's pbx leg of a <see cref="MediaSnapshot"/>.</summary>
public sealed record PbxLegSnapshot
{
    public PbxSide Side { get; init; }

    public required PbxSdpSnapshot Sdp { get; init; }

    /// <summary>The address that media went to: the signalled one, or where it was heard from.</summary>
    public TransportAddress Rtp { get; init; }

    public TransportAddress Rtcp { get; init; }

    /// <summary>RTCP's name for us.</summary>
    public required string Cname { get; init; }
}
