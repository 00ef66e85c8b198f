using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Media.Engine;

namespace Gateway.Worker.Configuration;

/// <summary>The facts that a call needs of the trunk it runs over.</summary>
/// <param name="Name">The operator's name of it.</param>
/// <param name="Media">How media is negotiated with this PBX.</param>
/// <param name="DelayedOffer">INVITE without SDP: the PBX offers in its answer.</param>
/// <param name="EarlyRingback">While WhatsApp rings, the agent hears our ringing tone (183 with SDP) instead of the PBX's own
/// (180).</param>
/// <param name="Digits">How digits go to this PBX where it agreed to no telephone-event.</param>
internal sealed record PbxTrunk(string Name, PbxMediaProfile Media, bool DelayedOffer, bool EarlyRingback, DtmfFallback Digits)
{
    /// <summary>Where the trunk's servers and domain are, by name or address.</summary>
    public IReadOnlyList<HostPort> Hosts { get; init; } = [];

    /// <summary>An agent in a call there is told by a text that calls wait.</summary>
    public bool TellsOfWaitingCalls { get; init; }

    /// <summary>It leads to the public telephone network.</summary>
    public bool IsPstn { get; init; }

    /// <summary>The way to a phone of this trunk's that speaks WebRTC: it is offered that, and always in the INVITE.</summary>
    public PbxTrunk ForWebRtc => this with { Media = Media with { IsWebRtc = true }, DelayedOffer = false };

    /// <summary>A URI with this host and port is this trunk's.</summary>
    public bool IsAt(HostPort at) => Hosts.Any(
        host => host.Host.Equals(at.Host, StringComparison.OrdinalIgnoreCase) && PortOf(host) == PortOf(at));

    private static int PortOf(HostPort at) => at.Port == 0 ? 5060 : at.Port;
}
