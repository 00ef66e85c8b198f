using Media.Engine.Net;
using Media.Native.Dtls;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Legs;

/// <summary>
/// The one offer and answer of a WhatsApp leg, and the shared port it lives on: the first port of the loop on which no other call has
/// the peer's addresses.
/// </summary>
internal sealed class WhatsAppSignalling(CallMedia call, MediaLoop loop, Ssrc ssrc)
{
    /// <summary>Addresses one call may hold on its port.</summary>
    private const int MaxClaims = 64;

    private readonly IceCredentials _credentials = new(loop.Entropy.NextIceChars(12), loop.Entropy.NextIceChars(24));
    private readonly ulong _sessionId = loop.Entropy.NextUInt64() >> 1;
    private readonly string _cname = loop.Entropy.NextHex(16);
    private readonly HashSet<TransportAddress> _claims = [];
    private string? _remoteText;
    private SdpResult _result;
    private WhatsAppLocalMedia? _local;

    /// <summary>The one our description names.</summary>
    public DtlsCertificate Certificate { get; } = loop.Certificates.Current;

    /// <summary>Null before an offer was made or answered.</summary>
    public WebRtcPort? Port { get; private set; }

    /// <summary>Null before both descriptions are known.</summary>
    public WhatsAppMediaParameters? Parameters { get; private set; }

    public SdpResult Answer(string offer)
    {
        if (_remoteText is not null || _local is not null)
            return offer == _remoteText ? _result : SdpResult.Refused(SdpRefusal.WrongState);
        for (var i = 0; loop.TryGetPort(i, out var port); i++)
        {
            var local = Describe(port, withG711: true);
            if (!WhatsAppSdp.TryAnswerOffer(offer, local, out var answer, out var parameters, out var error))
                return SdpResult.Refused(error);
            if (!TryClaimAll(port, parameters.RemoteCandidates))
                continue;
            return Settle(local, parameters, offer, new SdpResult(answer));
        }
        return SdpResult.Refused(SdpRefusal.NoPorts, "every WhatsApp port has a call with this peer address");
    }

    public SdpResult CreateOffer()
    {
        if (_remoteText is not null)
            return SdpResult.Refused(SdpRefusal.WrongState);
        if (_local is not null)
            return _result;
        if (!loop.TryGetPort(0, out var port))
            return SdpResult.Refused(SdpRefusal.NoPorts);
        Port = port;
        _local = Describe(port, loop.Options.WhatsApp.OfferG711);
        loop.Register(_credentials.Ufrag, call);
        return _result = new SdpResult(WhatsAppSdp.CreateOffer(_local));
    }

    public SdpResult ApplyAnswer(string answer)
    {
        if (_local is null || Parameters is not null)
            return answer == _remoteText ? new SdpResult(null) : SdpResult.Refused(SdpRefusal.WrongState);
        if (!WhatsAppSdp.TryApplyAnswer(answer, _local, out var parameters, out var error))
            return SdpResult.Refused(error);
        // Our offer named the first port. If another call has this relay address there, we come from a port it was not told: WhatsApp
        // takes checks from any address whose integrity is right.
        for (var i = 0; loop.TryGetPort(i, out var port); i++)
            if (TryClaimAll(port, parameters.RemoteCandidates))
                return Settle(_local, parameters, answer, new SdpResult(null));
        return SdpResult.Refused(SdpRefusal.NoPorts, "every WhatsApp port has a call with this peer address");
    }

    public IceAgent StartIce(TimeSpan failAfter)
    {
        var agreed = Parameters!;
        var agent = new IceAgent(
            new IceAgentOptions
            {
                Role = agreed.IceControlling ? IceRole.Controlling : IceRole.Controlled,
                Local = _credentials,
                FailAfter = failAfter,
            },
            loop.Entropy);
        foreach (var (candidate, socket) in Candidates(Port!))
            agent.AddLocalCandidate(candidate, socket);
        agent.SetRemote(agreed.RemoteIce, agreed.RemoteIceLite);
        foreach (var candidate in agreed.RemoteCandidates)
            agent.AddRemoteCandidate(candidate);
        return agent;
    }

    /// <summary>Datagrams from here are this call's, unless they are another's already.</summary>
    public void Claim(TransportAddress remote)
    {
        if (_claims.Contains(remote) || _claims.Count == MaxClaims || !Port!.TryClaim(remote, call))
            return;
        _claims.Add(remote);
    }

    public void Release()
    {
        loop.Unregister(_credentials.Ufrag);
        foreach (var remote in _claims)
            Port!.Disclaim(remote, call);
        _claims.Clear();
    }

    private SdpResult Settle(WhatsAppLocalMedia local, WhatsAppMediaParameters parameters, string remoteText, SdpResult result)
    {
        (_local, Parameters, _remoteText, _result) = (local, parameters, remoteText, result);
        loop.Register(_credentials.Ufrag, call);
        return result;
    }

    private bool TryClaimAll(WebRtcPort port, IReadOnlyList<IceCandidate> candidates)
    {
        foreach (var candidate in candidates)
            if (port.TryFind(candidate.Address, out var owner) && owner != call)
                return false;
        Port = port;
        foreach (var candidate in candidates)
            Claim(candidate.Address);
        return true;
    }

    private WhatsAppLocalMedia Describe(WebRtcPort port, bool withG711) => new()
    {
        Ice = _credentials,
        Candidates = [.. Candidates(port).Select(pair => pair.Candidate)],
        Fingerprint = Certificate.Fingerprint.ToString(),
        Ssrc = ssrc,
        SessionId = _sessionId,
        Cname = _cname,
        Codecs = withG711 ? [AudioCodec.Opus, AudioCodec.Pcmu, AudioCodec.Pcma] : [AudioCodec.Opus],
    };

    /// <summary>A host candidate for every advertised address of every binding, the first configured one first.</summary>
    private IEnumerable<(IceCandidate Candidate, TransportAddress Socket)> Candidates(WebRtcPort port)
    {
        ushort preference = ushort.MaxValue;
        var bindings = loop.Options.WhatsApp.Bindings;
        for (var i = 0; i < bindings.Count; i++)
        {
            var socket = port.Locals[i];
            foreach (var advertised in bindings[i].AdvertisedAddresses)
            {
                var address = TransportAddress.From(advertised, socket.Port);
                yield return (IceCandidate.Host(address, preference--, $"{i + 1}"), socket);
            }
        }
    }
}
