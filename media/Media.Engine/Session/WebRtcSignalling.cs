using Media.Engine.Legs;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Session;

/// <summary>
/// The one offer and answer of a WebRTC leg, and the shared port it lives on: the first one on which no other session has the peer's
/// addresses.
/// </summary>
internal sealed class WebRtcSignalling(MediaContext context, IMediaPort port, IDtlsIdentity identity, Ssrc ssrc)
{
    /// <summary>Addresses of ours that are remembered: a call seldom moves more often.</summary>
    private const int MaxLeft = 8;

    private IceCredentials _credentials = new(context.Entropy.NextIceChars(12), context.Entropy.NextIceChars(24));
    private readonly ulong _sessionId = context.Entropy.NextUInt64() >> 1;
    private readonly string _cname = context.Entropy.NextHex(16);
    private string? _remoteText;
    private SdpResult _result;
    private WhatsAppLocalMedia? _local;
    private IReadOnlyList<TransportAddress> _locals = [];
    private int _moves;
    private IReadOnlyList<TransportAddress> _left = [];

    /// <summary>Null before both descriptions are known.</summary>
    public WhatsAppMediaParameters? Parameters { get; private set; }

    public SdpResult Answer(string offer)
    {
        if (_remoteText is not null || _local is not null)
            return offer == _remoteText ? _result : SdpResult.Refused(SdpRefusal.WrongState);
        for (var i = 0; port.TryGetShared(i, out var locals); i++)
        {
            var local = Describe(locals, withG711: true);
            if (!WhatsAppSdp.TryAnswerOffer(offer, local, out var answer, out var parameters, out var error))
                return SdpResult.Refused(error);
            if (port.TryJoin(i, _credentials.Ufrag, parameters.RemoteCandidates))
                return Settle(locals, local, parameters, offer, new SdpResult(answer));
        }
        return SdpResult.Refused(SdpRefusal.NoPorts, "every WhatsApp port has a call with this peer address");
    }

    public SdpResult CreateOffer()
    {
        if (_remoteText is not null)
            return SdpResult.Refused(SdpRefusal.WrongState);
        if (_local is not null)
            return _result;
        if (!port.TryGetShared(0, out var locals) || !port.TryJoin(0, _credentials.Ufrag, []))
            return SdpResult.Refused(SdpRefusal.NoPorts);
        _local = Describe(locals, context.Options.WhatsApp.OfferG711);
        return _result = new SdpResult(WhatsAppSdp.CreateOffer(_local));
    }

    public SdpResult ApplyAnswer(string answer)
    {
        if (_local is null || Parameters is not null)
            return answer == _remoteText ? new SdpResult(null) : SdpResult.Refused(SdpRefusal.WrongState);
        if (!WhatsAppSdp.TryApplyAnswer(answer, _local, out var parameters, out var error))
            return SdpResult.Refused(error);
        // Our offer named the first port. If another call has this relay address there, we come from a port not announced to it: WhatsApp
        // takes checks from any address whose integrity is right.
        for (var i = 0; port.TryGetShared(i, out var locals); i++)
            if (port.TryJoin(i, _credentials.Ufrag, parameters.RemoteCandidates))
                return Settle(locals, _local, parameters, answer, new SdpResult(null));
        return SdpResult.Refused(SdpRefusal.NoPorts, "every WhatsApp port has a call with this peer address");
    }

    /// <summary>
    /// Goes on with what another process agreed, at a port of ours that the peer is not told of: it follows our checks. False: no port is
    /// left on which no other session has the peer's address.
    /// </summary>
    public bool TryResume(WhatsAppLegSnapshot from)
    {
        (_credentials, _moves, _left) = (from.Local, from.Moves + 1, from.Left ?? []);
        Parameters = from.Agreed with { RemoteCandidates = [IceCandidate.Host(from.Remote, ushort.MaxValue)] };
        return TryJoin(locals => !Candidates(locals).Any(own => _left.Contains(own.Candidate.Address))) || TryJoin(_ => true);
    }

    private bool TryJoin(Predicate<IReadOnlyList<TransportAddress>> suits)
    {
        for (var i = 0; port.TryGetShared(i, out var locals); i++)
        {
            if (!suits(locals) || !port.TryJoin(i, _credentials.Ufrag, Parameters!.RemoteCandidates))
                continue;
            _locals = locals;
            return true;
        }
        return false;
    }

    /// <summary>The leg as a value, but what only its owner knows.</summary>
    public WhatsAppLegSnapshot Save(IcePath path, AudioCodec sending, HandshakeKeys keys, string cname) => new()
    {
        Local = _credentials,
        Agreed = Parameters!,
        Remote = path.Remote,
        Moves = _moves,
        Left = [.. _left.TakeLast(MaxLeft - 1), path.Mapped],
        Sending = sending,
        Profile = keys.Profile,
        LocalKeys = keys.Local,
        RemoteKeys = keys.Remote,
        Cname = cname,
    };

    public IceAgent StartIce(TimeSpan failAfter)
    {
        var agreed = Parameters!;
        var agent = new IceAgent(
            new IceAgentOptions
            {
                Role = agreed.IceControlling ? IceRole.Controlling : IceRole.Controlled,
                Local = _credentials,
                FailAfter = failAfter,
                Moves = _moves,
            },
            context.Entropy);
        foreach (var (candidate, local) in Candidates(_locals))
            agent.AddLocalCandidate(candidate, local);
        agent.SetRemote(agreed.RemoteIce, agreed.RemoteIceLite);
        foreach (var candidate in agreed.RemoteCandidates)
            agent.AddRemoteCandidate(candidate);
        return agent;
    }

    private SdpResult Settle(
        IReadOnlyList<TransportAddress> locals, WhatsAppLocalMedia local, WhatsAppMediaParameters parameters, string remoteText,
        SdpResult result)
    {
        (_locals, _local, Parameters, _remoteText, _result) = (locals, local, parameters, remoteText, result);
        return result;
    }

    private WhatsAppLocalMedia Describe(IReadOnlyList<TransportAddress> locals, bool withG711) => new()
    {
        Ice = _credentials,
        Candidates = [.. Candidates(locals).Select(pair => pair.Candidate)],
        Fingerprint = identity.Fingerprint,
        Ssrc = ssrc,
        SessionId = _sessionId,
        Cname = _cname,
        Codecs = withG711 ? [AudioCodec.Opus, AudioCodec.Pcmu, AudioCodec.Pcma] : [AudioCodec.Opus],
    };

    /// <summary>A host candidate for every advertised address of every binding, the first configured one first.</summary>
    private IEnumerable<(IceCandidate Candidate, TransportAddress Local)> Candidates(IReadOnlyList<TransportAddress> locals)
    {
        ushort preference = ushort.MaxValue;
        var bindings = context.Options.WhatsApp.Bindings;
        for (var i = 0; i < bindings.Count; i++)
        {
            foreach (var advertised in bindings[i].AdvertisedAddresses)
            {
                var address = TransportAddress.From(advertised, locals[i].Port);
                yield return (IceCandidate.Host(address, preference--, $"{i + 1}"), locals[i]);
            }
        }
    }
}
