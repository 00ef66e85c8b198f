using Media.Engine.Legs;
using Media.Protocols.Datagrams;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Session;

/// <summary>
/// The WebRTC of a pbx leg whose phone speaks it, as a browser does: ICE-lite and DTLS on the leg's own port, where the phone may begin
/// ICE anew as often as it likes and another phone may take its place.
/// </summary>
/// <param name="context">What sessions share.</param>
/// <param name="port">The session's.</param>
/// <param name="side">The leg.</param>
/// <param name="identity">The certificate that our description names.</param>
/// <param name="protect">Takes the keys of each handshake.</param>
internal sealed class PhoneTransport(
    MediaContext context, IMediaPort port, PbxSide side, IDtlsIdentity identity, Action<HandshakeKeys> protect)
    : IWebRtcOwner, IDisposable
{
    /// <summary>The phone has answered, and somebody waits to hear it.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Browsers check every 2.5 to 5 s. One that has crashed says nothing, and the user would hear nobody for the 30 s after which RFC 7675
    /// §5.1 wants nothing to be sent any more.
    /// </summary>
    private static readonly TimeSpan ConsentLifetime = TimeSpan.FromSeconds(15);

    private readonly DeadlineTable<MediaDeadline> _deadlines = new();
    private IceCredentials? _ours;
    private IceCredentials? _agreed;
    private PbxWebRtcRemote? _phone;
    private WebRtcTransport? _transport;

    /// <summary>A phone that speaks WebRTC is described.</summary>
    public bool IsUsed => _transport is not null;

    public bool IsConnected => _transport is { IsConnected: true };

    /// <summary>Media goes there; none before ICE has found it.</summary>
    public TransportAddress Remote => _transport?.Path.Remote ?? default;

    /// <summary>The reason why the phone is lost; null while it is not.</summary>
    public WebRtcFailure? Failure => _transport?.Failure;

    public Instant NextDeadline => _transport is null ? Instant.Never : _deadlines.Next;

    /// <summary>Our end for a description.</summary>
    /// <param name="rtp">Where the leg's RTP port is advertised.</param>
    /// <param name="offered">The credentials of the offer that is answered: where they are new, so are ours (RFC 8839 §4.4.1.1.1). Null:
    /// the description is an offer.</param>
    public PbxWebRtcLocal Describe(TransportAddress rtp, IceCredentials? offered)
    {
        if (_ours is null || (offered is not null && _phone is not null && offered != _phone.Ice))
            _ours = new IceCredentials(context.Entropy.NextIceChars(8), context.Entropy.NextIceChars(24));
        return new PbxWebRtcLocal { Ice = _ours, Candidates = Candidates(rtp), Fingerprint = identity.Fingerprint };
    }

    /// <summary>The phone has the DTLS association that there is: its keys stay.</summary>
    public bool GoesOnWith(PbxWebRtcRemote phone) => _phone is { } known && IsUsed && known.IsSameAssociation(phone);

    /// <summary>Both descriptions are known.</summary>
    public void Connect(PbxWebRtcRemote phone, PbxWebRtcLocal local, TransportAddress rtp, Instant now)
    {
        var (goesOn, isSameIce) = (GoesOnWith(phone), _phone?.Ice == phone.Ice && _agreed == local.Ice);
        if (!goesOn)
        {
            Clear();
            _transport = new WebRtcTransport(context, this, _deadlines) { EndsWithDtls = false };
            var dtls = identity.Begin(phone.DtlsClient, phone.Fingerprints);
            _transport.Begin(() => NewAgent(phone.Ice, local, rtp), dtls, ConnectTimeout, now);
        }
        else if (!isSameIce)
        {
            _transport!.Restart(() => NewAgent(phone.Ice, local, rtp), ConnectTimeout, now);
        }
        (_phone, _agreed) = (phone, local.Ice);
    }

    /// <summary>Takes a datagram from the RTP port. True: it is RTP or RTCP of the phone's, still protected.</summary>
    public bool TryReceive(DatagramKind kind, ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now) =>
        _transport!.TryReceive(kind, datagram, local, remote, now);

    public void HandleDeadline(Instant now) => _transport?.HandleDeadline(now);

    /// <summary>The phone leaves.</summary>
    public void Close(Instant now)
    {
        _transport?.Close(now);
        Clear();
    }

    public void Send(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote) =>
        port.TrySend(side, rtcp: false, datagram, remote);

    public void Claim(TransportAddress remote)
    {
        // What comes to a port of the leg's own is the leg's.
    }

    public void Protect(in HandshakeKeys keys) => protect(keys);

    public void Lose(WebRtcFailure reason, bool isHangUp)
    {
        // Whoever drives the leg looks at Failure.
    }

    public void Dispose() => Clear();

    private void Clear()
    {
        _transport?.Dispose();
        _transport = null;
        _phone = null;
        _deadlines.Clear();
    }

    private IceAgent NewAgent(IceCredentials phone, PbxWebRtcLocal local, TransportAddress rtp)
    {
        var options = new IceAgentOptions
        {
            Role = IceRole.Controlled, Lite = true, Local = local.Ice, FailAfter = ConnectTimeout, ConsentLifetime = ConsentLifetime,
        };
        var agent = new IceAgent(options, context.Entropy);
        foreach (var candidate in local.Candidates)
            agent.AddLocalCandidate(candidate, rtp);
        agent.SetRemote(phone, lite: false);
        return agent;
    }

    /// <summary>A host candidate for every address that the port's binding advertises.</summary>
    private List<IceCandidate> Candidates(TransportAddress rtp)
    {
        var first = rtp.ToIPAddress();
        var binding = context.Options.Pbx.Bindings.FirstOrDefault(binding => binding.AdvertisedAddresses[0].Equals(first));
        ushort preference = ushort.MaxValue;
        return [.. (binding?.AdvertisedAddresses ?? [first]).Select(
            address => IceCandidate.Host(TransportAddress.From(address, rtp.Port), preference--))];
    }
}
