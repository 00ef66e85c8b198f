using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Protocols.Sdp;

/// <summary>
/// Offer and answer on one pbx leg (RFC 3264) for as long as the call lives. It keeps unchanged between exchanges the session
/// id, the payload types and SRTP keys once named, and the number and order of media lines. It raises the version exactly when our text
/// changes (RFC 3264 §8), so that a session refresh gets the same answer again. A PBX may renegotiate as often as it likes. Before one has
/// answered, several may have offers of their own.
/// </summary>
public sealed class PbxSdp(IEntropy entropy)
{
    /// <summary>Phones that ring at once have as many trunks at most; an older offer nobody answers any more.</summary>
    private const int MaxOffers = 16;

    /// <summary>Of the only section that we offer.</summary>
    private const string FirstMid = "0";

    private string _sessionId = $"{entropy.NextUInt64() >> 2}"; // some peers keep it in a signed 64-bit number
    private readonly Dictionary<SrtpProfile, SrtpKeys> _keys = [];
    private int _dialogs; // that began since there are these keys
    private readonly PbxPayloadTypes _types = new();
    private IReadOnlyList<MediaDescription> _lines = [];
    private PbxMediaParameters? _settled;
    private string _protocol = "";
    private readonly List<PbxOffer> _offers = []; // the last made last
    private string _lastText = "";
    private string? _mid;
    private int _audioLine;
    private int _version;

    /// <summary>
    /// The address family that an offer asks an answer for: whether it is IPv6; null when it is unreadable or names none, as a hold with
    /// address zero.
    /// </summary>
    public static bool? AsksForIPv6(string offer)
    {
        if (!SessionDescription.TryParse(offer, out var sdp, out _))
            return null;
        var audio = sdp.Media.FirstOrDefault(media => media.IsAudio && media.Port != 0);
        var connection = audio is null ? null : sdp.AttributesOf(audio).Connection;
        return connection is { IsUnspecified: false } stated && stated.TryGetAddress(out var address)
            ? address.AddressFamily == AddressFamily.InterNetworkV6
            : null;
    }

    /// <summary>The ICE credentials of an offer of WebRTC; null: it has none that can be used.</summary>
    /// <param name="offer">A description.</param>
    /// <param name="isWebRtc">Each of its audio sections is over DTLS; null: it has no section that is in use.</param>
    public static IceCredentials? ReadIce(string offer, out bool? isWebRtc)
    {
        isWebRtc = null;
        if (!SessionDescription.TryParse(offer, out var sdp, out _))
            return null;
        var audio = sdp.Media.Where(media => media.IsAudio && media.Port != 0).ToList();
        if (audio.Count == 0)
            return null;
        isWebRtc = audio.TrueForAll(WebRtcPeer.IsSpokenBy);
        return isWebRtc.Value && WebRtcPeer.Read(sdp.AttributesOf(audio[0]), out var ice, out _) == SdpError.None ? ice : null;
    }

    /// <summary>
    /// Our offer: the first of the call, or a later one. An offer that the PBX rejects needs no undoing: what was agreed before stays,
    /// and the next offer replaces it.
    /// </summary>
    /// <param name="local">Our end. An answer is read against it: the same object for each offer to one party.</param>
    /// <param name="isElsewhere">It goes to another party than what was agreed: nothing of that binds it.</param>
    public string CreateOffer(PbxLocalMedia local, bool isElsewhere = false)
    {
        var agreed = isElsewhere ? null : _settled;
        var profiles = ProfilesToOffer(local, agreed);
        SdesCrypto[] crypto = [.. profiles.Select((profile, i) => new SdesCrypto(i + 1, profile, KeysFor(profile)))];
        _dialogs += agreed is null ? 1 : 0;
        var asBefore = agreed is not null && crypto.Length > 0 == agreed.Srtp is not null
            && local.WebRtc is null == agreed.WebRtc is null;
        var protocol = asBefore ? _protocol
            : local.WebRtc is not null ? "UDP/TLS/RTP/SAVPF" : local.Srtp == SrtpPolicy.Required ? "RTP/SAVP" : "RTP/AVP";
        var spoken = agreed?.Codec.Codec;
        var codecs = local.Codecs.OrderBy(codec => codec != spoken); // stable: the codec in use comes first, the rest as configured
        var clocks = local.Codecs.Where(_ => local.TelephoneEvents).Select(codec => codec.ClockRate()).Distinct().Order();
        RtpMap[] maps = [.. codecs.Select(_types.Codec), .. clocks.Select(_types.TelephoneEvent)];
        var mux = local.OfferRtcpMux || local.WebRtc is not null || agreed is { RtcpMux: true };
        var mid = local.WebRtc is null ? null : agreed is null ? FirstMid : _mid ?? FirstMid;
        var audio = Secure(PbxSection.Audio(local, protocol, maps, local.Direction, crypto, mux, local.VoipMetrics), local,
            DtlsSetup.ActPass, mid);
        var isFirst = _lines.Count == 0 || isElsewhere;
        MediaDescription[] lines = isFirst ? [audio] : [.. _lines.Select((line, i) => i == _audioLine ? audio : line.Refused())];
        Keep(local, new PbxOffer(local, maps, local.Direction, crypto, mux, lines, isFirst ? 0 : _audioLine));
        return Write(local, lines, mid);
    }

    /// <summary>
    /// Takes an answer to the last <see cref="CreateOffer"/>. May be called again for the same offer: a forked call answers from several
    /// places, early and finally.
    /// </summary>
    public bool TryApplyAnswer(string answer, [NotNullWhen(true)] out PbxMediaParameters? parameters, out SdpError error) =>
        TryApplyAnswer(answer, _offers.LastOrDefault()?.Local, out parameters, out error);

    /// <summary>Takes an answer to the last offer that was made with <paramref name="offered"/>, whatever was offered since.</summary>
    public bool TryApplyAnswer(
        string answer, PbxLocalMedia? offered, [NotNullWhen(true)] out PbxMediaParameters? parameters, out SdpError error)
    {
        parameters = null;
        if (!SessionDescription.TryParse(answer, out var sdp, out error))
            return false;
        error = ApplyAnswer(sdp, _offers.Find(offer => ReferenceEquals(offer.Local, offered)), out parameters);
        return error == SdpError.None;
    }

    /// <summary>
    /// Answers an offer of the PBX, whether the first, a change, a hold or a refresh: one audio section with one codec, every other
    /// section refused. On false nothing has changed and the SIP response is 488.
    /// </summary>
    public bool TryAnswerOffer(
        string offer, PbxLocalMedia local,
        [NotNullWhen(true)] out string? answer, [NotNullWhen(true)] out PbxMediaParameters? parameters, out SdpError error)
    {
        answer = null;
        parameters = null;
        if (!SessionDescription.TryParse(offer, out var sdp, out error))
            return false;
        error = AnswerOffer(sdp, local, out answer, out parameters);
        return error == SdpError.None;
    }

    /// <summary>
    /// The phone has left: the next offer is the first of another dialog, and nothing that was agreed binds it (RFC 3264 §5). Offers stay:
    /// phones that ring still may answer them. For their sake keys stay that others may have too; those that only this phone has do not.
    /// </summary>
    public void Forget()
    {
        (_settled, _lines) = (null, []);
        if (_dialogs > 1)
            return;
        _keys.Clear();
        _dialogs = 0;
    }

    /// <summary>All that another process needs to go on; null before the first exchange.</summary>
    public PbxSdpSnapshot? Save()
    {
        var origin = SdpOrigin.Unknown with { SessionId = _sessionId, Version = $"{_version}" };
        return _settled is null ? null : new PbxSdpSnapshot
        {
            Description = new SessionDescription { Origin = origin, Connection = origin.Address, Media = _lines }.Write(),
            AudioLine = _audioLine,
            PayloadTypes = _types.Known(),
            Agreed = _settled,
        };
    }

    /// <summary>Goes on from a valid snapshot, in place of anything before.</summary>
    public static PbxSdp Resume(PbxSdpSnapshot snapshot, IEntropy entropy)
    {
        if (!SessionDescription.TryParse(snapshot.Description, out var sdp, out var error))
            throw new ArgumentException($"{error}", nameof(snapshot));
        var resumed = new PbxSdp(entropy)
        {
            _sessionId = sdp.Origin.SessionId,
            _version = int.Parse(sdp.Origin.Version, CultureInfo.InvariantCulture),
            _lines = sdp.Media,
            _audioLine = snapshot.AudioLine,
            _protocol = sdp.Media[snapshot.AudioLine].Protocol,
            _settled = snapshot.Agreed,
        };
        resumed._types.Learn(snapshot.PayloadTypes);
        if (snapshot.Agreed.Srtp is { } keys)
            resumed._keys[keys.Profile] = keys.Local;
        return resumed;
    }

    private SdpError AnswerOffer(SessionDescription sdp, PbxLocalMedia local, out string? answer, out PbxMediaParameters? parameters)
    {
        answer = null;
        parameters = null;
        var choice = PbxChoice.FromOffer(sdp, local, out var error);
        // Everything at port 0 on a call in progress: the audio rests until a later offer brings it back (RFC 3264 §8.2).
        // Audio at port 0 beside an active section differs: fax or video is to replace the call, which only a refusal stops.
        var rests = _settled is not null && sdp.Media.Any(media => media.IsAudio)
            && sdp.Media.All(media => media.Port == 0 && !media.IsMalformed);
        if (choice is null && !rests)
            return error;

        string? bundled = null;
        PbxOffer? again = null;
        var lines = sdp.Media.Select(media => media.Refused()).ToList();
        if (choice is null)
        {
            parameters = _settled! with { RemoteRtp = default, RemoteRtcp = default, Direction = MediaDirection.Inactive };
            _audioLine = lines.FindIndex(line => line.IsAudio);
        }
        else
        {
            var peer = choice.Peer;
            var setup = peer.Attributes.Setup;
            // Roles stay once they are taken (RFC 8842 §5.5); at first we wait for the phone, which knows when ICE is done.
            peer = peer.WithDtlsClient(
                setup == DtlsSetup.ActPass ? _settled?.WebRtc is { DtlsClient: true } : WebRtcPeer.IsOurs(setup, weOffered: false));
            RtpMap[] maps = choice.TelephoneEvent is { } events ? [choice.Codec, events] : [choice.Codec];
            _types.Learn(peer.Attributes.RtpMaps);
            _types.Learn(maps);
            _dialogs += _settled is null ? 1 : 0;
            var direction = local.Direction & peer.Direction.Mirror();
            var keys = choice.Crypto is { } theirs ? new SdesKeys(theirs.Profile, KeysFor(theirs.Profile), theirs.Keys) : null;
            SdesCrypto[] crypto = keys is null ? [] : [new SdesCrypto(choice.Crypto!.Tag, keys.Profile, keys.Local)];
            parameters = peer.Settle(local, direction, keys, maps, maps) with { Receivable = _types.Known() };
            _audioLine = sdp.Media.ToList().IndexOf(peer.Media);
            _protocol = peer.Media.Protocol;
            var asksBack = local.VoipMetrics && peer.Attributes.HasExtendedReports;
            var audio = PbxSection.Audio(local, _protocol, maps, direction, crypto, peer.RtcpMux, asksBack);
            _mid = peer.Attributes.Mid;
            bundled = peer.Attributes.Bundled ? _mid : null;
            lines[_audioLine] = Secure(audio, local, peer.WebRtc is { DtlsClient: true } ? DtlsSetup.Active : DtlsSetup.Passive, _mid);
            again = new PbxOffer(local, maps, direction, crypto, peer.RtcpMux, lines, _audioLine);
        }
        _lines = lines;
        _settled = parameters;
        Keep(local, again);
        answer = Write(local, lines, bundled);
        return SdpError.None;
    }

    private SdpError ApplyAnswer(SessionDescription sdp, PbxOffer? offer, out PbxMediaParameters? parameters)
    {
        parameters = null;
        if (offer is null)
            return SdpError.NoOfferMade;
        // Lines are in the offer's order (RFC 3264 §6); peers that add or drop some still mean their audio.
        var media = sdp.Media.ElementAtOrDefault(offer.AudioLine) is { IsAudio: true } inPlace
            ? inPlace
            : sdp.Media.FirstOrDefault(media => media.IsAudio);
        if (media is null)
            return SdpError.MediaLineMismatch;
        if (media.Port == 0 && !media.IsMalformed)
            return SdpError.AudioRefused;
        if (!media.IsMalformed && WebRtcPeer.IsSpokenBy(media) != offer.Local.WebRtc is not null)
            return SdpError.UnsupportedTransport;
        if (PbxPeer.Read(sdp, media, offer.RtcpMux, out var peer) is var unreadable and not SdpError.None)
            return unreadable;
        if (offer.AgreeOnKeys(peer, out var keys) is var unsafeAnswer and not SdpError.None)
            return unsafeAnswer;
        peer = peer.WithDtlsClient(WebRtcPeer.IsOurs(peer.Attributes.Setup, weOffered: true));
        if (!peer.Rtp.IsNone && peer.Rtp.Family != offer.Local.Rtp.Family)
            return SdpError.OtherAddressFamily;

        var theirs = peer.Attributes.RtpMaps.Where(map => map.Codec is { } codec && offer.Local.Codecs.Contains(codec)).ToList();
        if (theirs.Count == 0)
            return SdpError.NoCommonCodec;
        if (offer.Local.TelephoneEvents && peer.TelephoneEvent(theirs[0].Codec!.Value) is { } events)
            theirs.Add(events);
        parameters = peer.Settle(offer.Local, offer.Direction & peer.Direction.Mirror(), keys, theirs, offer.Maps)
            with { Receivable = _types.Known(peer.Attributes.RtpMaps) };
        _lines = offer.Lines;
        _audioLine = offer.AudioLine;
        _protocol = offer.Lines[_audioLine].Protocol;
        _mid = offer.Lines[_audioLine].Attributes.FirstOrDefault(line => line.Is("mid")).Value;
        _settled = parameters;
        return SdpError.None;
    }

    /// <summary>Answers of this party are read against this offer from now on; those of others may still come.</summary>
    private void Keep(PbxLocalMedia local, PbxOffer? offer)
    {
        _offers.RemoveAll(earlier => ReferenceEquals(earlier.Local, local));
        if (offer is null)
            return;
        if (_offers.Count == MaxOffers)
            _offers.RemoveAt(0);
        _offers.Add(offer);
    }

    /// <summary>
    /// An encrypted call stays encrypted with its profile and a plain one stays plain; before the first exchange the policy decides.
    /// </summary>
    private static IReadOnlyList<SrtpProfile> ProfilesToOffer(PbxLocalMedia local, PbxMediaParameters? agreed) => local.Srtp switch
    {
        _ when local.WebRtc is not null => [],
        SrtpPolicy.None => [],
        _ when agreed?.Srtp is { } keys => [keys.Profile],
        SrtpPolicy.Required => local.SrtpProfiles,
        SrtpPolicy.BestEffort when agreed is null => local.SrtpProfiles,
        _ => [],
    };

    private SrtpKeys KeysFor(SrtpProfile profile)
    {
        if (!_keys.TryGetValue(profile, out var keys))
            _keys[profile] = keys = SdesCrypto.NewKeys(profile, entropy);
        return keys;
    }

    private static MediaDescription Secure(MediaDescription audio, PbxLocalMedia local, DtlsSetup setup, string? mid) =>
        local.WebRtc is { } own ? audio with { Attributes = [.. audio.Attributes, .. PbxSection.WebRtc(own, setup, mid)] } : audio;

    private string Write(PbxLocalMedia local, IReadOnlyList<MediaDescription> lines, string? bundledMid)
    {
        var attributes = new List<SdpAttribute>();
        if (local.WebRtc is not null)
            attributes.Add(new("ice-lite"));
        if (local.WebRtc is not null && bundledMid is not null)
            attributes.Add(new("group", $"BUNDLE {bundledMid}"));
        var address = SdpConnection.From(local.Rtp.ToIPAddress());
        SessionDescription Describe() => new()
        {
            Origin = new SdpOrigin("-", _sessionId, $"{_version}", address),
            Connection = address,
            Attributes = attributes,
            Media = lines,
        };
        if (Describe().Write() is var unchanged && unchanged == _lastText)
            return unchanged;
        _version++;
        return _lastText = Describe().Write();
    }
}
