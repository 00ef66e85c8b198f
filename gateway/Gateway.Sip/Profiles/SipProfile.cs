using System.ComponentModel.DataAnnotations;
using Gateway.Sip.Auth;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Gateway.Sip.Profiles;

/// <summary>
/// The behaviour of one family of PBXs: every difference between PBXs that the gateway knows, as data. Each property is one quirk of
/// <c>sip-profiles/*.yaml</c> under its snake_case name; what a profile does not name has the value of <c>generic</c>.
/// </summary>
public sealed record SipProfile
{
    /// <summary>The file's name without extension.</summary>
    [Key]
    public required string Name { get; init; }

    /// <summary>In order of preference; at least one.</summary>
    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [];

    /// <summary>Milliseconds of audio in a packet.</summary>
    [AllowedValues(10, 20, 30, 40, 60)]
    public int Ptime { get; init; }

    /// <summary>The pace at which the PBX is sent what comes from WhatsApp: at once, or at a steady pace.</summary>
    public AudioPlayout Playout { get; init; }

    public DtmfMethod Dtmf { get; init; }

    public DtmfInfoBody DtmfInfoBody { get; init; }

    public DtmfFallback DtmfFallback { get; init; }

    /// <summary>Digits are found by their tones in the PBX's audio, until it sends a telephone-event.</summary>
    public bool DtmfDetectInband { get; init; }

    /// <summary>SDES-SRTP (RFC 4568) towards the PBX.</summary>
    public SrtpPolicy Srtp { get; init; }

    /// <summary>Media may come from another address than SDP says: the PBX is behind a NAT.</summary>
    public bool NatLatching { get; init; }

    /// <summary>Our offers ask for RTP and RTCP on one port (RFC 5761).</summary>
    public bool RtcpMux { get; init; }

    public HoldTreatment OnHold { get; init; }

    public OfferMode Offer { get; init; }

    public ReliableProvisional ReliableProvisional { get; init; }

    public ProgressSignal Progress { get; init; }

    /// <summary>The country whose ringing tone an agent hears where we make it.</summary>
    public RingbackTone Ringback { get; init; }

    /// <summary>Session timers are offered (RFC 4028); a peer that insists gets them anyway.</summary>
    public bool SessionTimer { get; init; }

    /// <summary>Seconds.</summary>
    [Range(90, 86_400)]
    public int SessionExpires { get; init; }

    /// <summary>Seconds; the shortest interval we accept.</summary>
    [Range(90, 86_400)]
    public int MinSe { get; init; }

    public RefreshBy SessionRefresher { get; init; }

    public RefreshMethod SessionRefreshMethod { get; init; }

    public IdentityHeader IdentityHeader { get; init; }

    public NumberFormat NumberFormat { get; init; }

    /// <summary>Numbers carry ;user=phone.</summary>
    public bool UserPhone { get; init; }

    public UserPart FromUser { get; init; }

    public UserPart ContactUser { get; init; }

    public ReferPolicy Refer { get; init; }

    /// <summary>Status of a refused REFER.</summary>
    [Range(400, 699)]
    public int ReferRefusal { get; init; }

    /// <summary>An INVITE with Replaces takes over its call (RFC 3891).</summary>
    public bool Replaces { get; init; }

    public CauseSource CauseSource { get; init; }

    /// <summary>CANCEL, BYE and refusals of ours carry Reason with a Q.850 cause.</summary>
    public bool SendReason { get; init; }

    /// <summary>The headers that make a phone answer by itself, each "Name: value"; they go with a call that asks for it.</summary>
    public IReadOnlyList<string> AutoAnswer { get; init; } = [];

    /// <summary>An agent in a call is told by a text (MESSAGE, RFC 3428) that calls wait in a group of theirs.</summary>
    public bool CallWaitingMessage { get; init; }

    [Range(1, 255)]
    public int MaxForwards { get; init; }

    public LargeRequest LargeRequests { get; init; }

    /// <summary>Seconds between OPTIONS; 0 sends none and the trunk counts as up.</summary>
    [Range(0, 3600)]
    public int OptionsInterval { get; init; }

    public KeepaliveProof KeepaliveProof { get; init; }

    /// <summary>The algorithms of our challenges, in this order; credentials by another algorithm do not count.</summary>
    public IReadOnlyList<DigestAlgorithm> DigestChallenges { get; init; } = [];

    /// <summary>Seconds asked for in REGISTER.</summary>
    [Range(60, 86_400)]
    public int RegisterExpires { get; init; }

    /// <summary>The reason why each quirk has its value, by snake_case name.</summary>
    [Key]
    public IReadOnlyDictionary<string, string> Whys { get; init; } = new Dictionary<string, string>();
}
