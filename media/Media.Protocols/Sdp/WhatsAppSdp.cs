using System.Diagnostics.CodeAnalysis;
using Media.Protocols.Ice;

namespace Media.Protocols.Sdp;

/// <summary>
/// Offer and answer towards WhatsApp (RFC 8829, 8839, 5763, 7587): one audio section over ICE, DTLS-SRTP and rtcp-mux, described once a
/// call. Everything that WhatsApp validates is written in the form it requires: one SHA-256 fingerprint, <c>setup:active</c> in answers,
/// the offer's mid and payload types, one SSRC, 20 ms.
/// </summary>
public static class WhatsAppSdp
{
    private const string Protocol = "UDP/TLS/RTP/SAVPF";

    /// <summary>The payload type that WhatsApp uses when an offer names none for telephone-event.</summary>
    private const byte TelephoneEventType = 126;

    /// <summary>Milliseconds; the only packet time WhatsApp supports.</summary>
    private const int PacketTime = 20;

    /// <summary>Answers WhatsApp's offer (the user calls). The same text goes into pre_accept and accept.</summary>
    public static bool TryAnswerOffer(
        string offer, WhatsAppLocalMedia local,
        [NotNullWhen(true)] out string? answer, [NotNullWhen(true)] out WhatsAppMediaParameters? parameters, out SdpError error)
    {
        answer = null;
        parameters = null;
        if (!SessionDescription.TryParse(offer, out var sdp, out error))
            return false;
        error = WhatsAppPeer.Read(sdp, isOffer: true, out var peer);
        if (error != SdpError.None)
            return false;
        var agreed = Agree(peer.Attributes.RtpMaps, local.Codecs, type => type);
        if (agreed.Codecs.Count == 0)
        {
            error = SdpError.NoOpus;
            return false;
        }
        parameters = Settle(peer, agreed, weOffered: false, dtlsClient: WebRtcPeer.IsOurs(peer.Attributes.Setup, weOffered: false));
        answer = Describe(local, sdp, peer, agreed, parameters);
        return true;
    }

    /// <summary>Our offer (the business calls).</summary>
    public static string CreateOffer(WhatsAppLocalMedia local)
    {
        var section = Section(local, Protocol, "0", local.OfferSetup, MediaDirection.SendRecv,
            [.. local.Codecs.Select(codec => new AgreedCodec(codec, codec.DefaultPayloadType(), codec.DefaultPayloadType()))],
            new AgreedTelephoneEvent(TelephoneEventType, TelephoneEventType, 8000));
        return Session(local, "0", [section]).Write();
    }

    /// <summary>Takes WhatsApp's answer to <see cref="CreateOffer"/> of the same <paramref name="local"/>.</summary>
    public static bool TryApplyAnswer(
        string answer, WhatsAppLocalMedia local, [NotNullWhen(true)] out WhatsAppMediaParameters? parameters, out SdpError error)
    {
        parameters = null;
        if (!SessionDescription.TryParse(answer, out var sdp, out error))
            return false;
        error = WhatsAppPeer.Read(sdp, isOffer: false, out var peer);
        if (error != SdpError.None)
            return false;
        var dtlsClient = WebRtcPeer.IsOurs(peer.Attributes.Setup, weOffered: true);
        if (local.OfferSetup == DtlsSetup.Active && !dtlsClient)
        {
            error = SdpError.InvalidSetup;
            return false;
        }
        var agreed = Agree(peer.Attributes.RtpMaps, local.Codecs, map => map with { PayloadType = OfferedType(map) });
        if (agreed.Codecs.Count == 0)
        {
            error = SdpError.NoCommonCodec;
            return false;
        }
        parameters = Settle(peer, agreed, weOffered: true, dtlsClient);
        return true;
    }

    private static byte OfferedType(RtpMap map) => map.Codec?.DefaultPayloadType() ?? TelephoneEventType;

    /// <summary>The peer's payload types are sent; <paramref name="ours"/> is the one we receive.</summary>
    private static AgreedFormats Agree(IReadOnlyList<RtpMap> maps, IReadOnlyList<AudioCodec> codecs, Func<RtpMap, RtpMap> ours)
    {
        var agreed = new List<AgreedCodec>();
        AgreedTelephoneEvent? telephoneEvent = null;
        foreach (var map in maps)
        {
            if (map.Codec is { } codec && codecs.Contains(codec) && agreed.TrueForAll(known => known.Codec != codec))
                agreed.Add(new AgreedCodec(codec, map.PayloadType, ours(map).PayloadType));
            else if (map.IsTelephoneEvent && map.ClockRate == 8000)
                telephoneEvent ??= new AgreedTelephoneEvent(map.PayloadType, ours(map).PayloadType, 8000);
        }
        return new AgreedFormats(agreed, telephoneEvent);
    }

    private static WhatsAppMediaParameters Settle(WhatsAppPeer peer, AgreedFormats agreed, bool weOffered, bool dtlsClient)
    {
        var opus = agreed.Codecs.FirstOrDefault(codec => codec.Codec == AudioCodec.Opus, agreed.Codecs[0]);
        return new WhatsAppMediaParameters
        {
            RemoteIce = peer.Ice,
            RemoteCandidates = peer.Candidates,
            RemoteIceLite = peer.Attributes.IceLite,
            IceControlling = peer.Attributes.IceLite || weOffered,
            RemoteFingerprints = [.. peer.Fingerprints.Select(fingerprint => fingerprint.Digest)],
            DtlsClient = dtlsClient,
            Codecs = agreed.Codecs,
            Receivable = peer.Attributes.RtpMaps,
            TelephoneEvent = agreed.TelephoneEvent,
            Opus = OpusFormat.Parse(peer.Attributes.FormatParameters(opus.SendPayloadType)),
            PacketTime = PacketTime,
            Direction = peer.Attributes.Direction.Mirror(),
        };
    }

    private static string Describe(
        WhatsAppLocalMedia local, SessionDescription offer, WhatsAppPeer peer, AgreedFormats agreed, WhatsAppMediaParameters settled)
    {
        var mid = peer.Attributes.Mid;
        var setup = settled.DtlsClient ? DtlsSetup.Active : DtlsSetup.Passive;
        var own = Section(local, peer.Media.Protocol, mid, setup, settled.Direction, agreed.Codecs, agreed.TelephoneEvent);
        var lines = offer.Media.Select(media => media == peer.Media ? own : media.Refused());
        return Session(local, peer.Attributes.Bundled ? mid : null, [.. lines]).Write();
    }

    private static SessionDescription Session(WhatsAppLocalMedia local, string? bundledMid, IReadOnlyList<MediaDescription> media)
    {
        var attributes = new List<SdpAttribute>();
        if (bundledMid is not null)
            attributes.Add(new SdpAttribute("group", $"BUNDLE {bundledMid}"));
        attributes.Add(new SdpAttribute("msid-semantic", $" WMS {StreamId(local)}"));
        return new SessionDescription
        {
            Origin = new SdpOrigin("-", $"{local.SessionId & long.MaxValue}", "2", new SdpConnection(false, "127.0.0.1")),
            Attributes = attributes,
            Media = media,
        };
    }

    private static MediaDescription Section(
        WhatsAppLocalMedia local, string protocol, string? mid, DtlsSetup setup, MediaDirection direction,
        IReadOnlyList<AgreedCodec> codecs, AgreedTelephoneEvent? telephoneEvent)
    {
        var attributes = new List<SdpAttribute> { new("rtcp", "9 IN IP4 0.0.0.0") };
        foreach (var candidate in local.Candidates)
            attributes.Add(new SdpAttribute("candidate", candidate.Write()["candidate:".Length..]));
        attributes.Add(new("ice-ufrag", local.Ice.Ufrag));
        attributes.Add(new("ice-pwd", local.Ice.Password));
        attributes.Add(new("fingerprint", new Fingerprint("sha-256", local.Fingerprint.ToUpperInvariant()).ToString()));
        attributes.Add(new("setup", setup.ToString().ToLowerInvariant()));
        if (mid is not null)
            attributes.Add(new("mid", mid));
        attributes.Add(new(direction.ToAttribute()));
        attributes.Add(new("msid", $"{StreamId(local)} audio"));
        attributes.Add(new("rtcp-mux"));
        var formats = new List<string>();
        foreach (var codec in codecs)
        {
            formats.Add($"{codec.ReceivePayloadType}");
            attributes.Add(new("rtpmap", RtpMap.Of(codec.Codec, codec.ReceivePayloadType).ToString()));
            if (codec.Codec == AudioCodec.Opus)
                attributes.Add(new("fmtp", $"{codec.ReceivePayloadType} {OpusFormat.Ours}"));
        }
        if (telephoneEvent is { } events)
        {
            formats.Add($"{events.ReceivePayloadType}");
            attributes.Add(new("rtpmap", $"{events.ReceivePayloadType} telephone-event/{events.ClockRate}"));
        }
        attributes.Add(new("maxptime", $"{PacketTime}"));
        attributes.Add(new("ptime", $"{PacketTime}"));
        attributes.Add(new("ssrc", $"{local.Ssrc.Value} cname:{local.Cname}"));
        attributes.Add(new("ssrc", $"{local.Ssrc.Value} msid:{StreamId(local)} audio"));
        var primary = local.Candidates.Count > 0 ? local.Candidates[0] : null;
        return new MediaDescription
        {
            Kind = "audio",
            Port = primary?.Address.Port ?? 9, // RFC 8829 §4.1.8: the discard port while no address is known
            Protocol = protocol,
            Formats = formats,
            Connection = primary is null ? new SdpConnection(false, "0.0.0.0") : SdpConnection.From(primary.Address.ToIPAddress()),
            Attributes = attributes,
        };
    }

    private static string StreamId(WhatsAppLocalMedia local) => $"stream-{local.SessionId:x16}";

    private sealed record AgreedFormats(IReadOnlyList<AgreedCodec> Codecs, AgreedTelephoneEvent? TelephoneEvent);
}
