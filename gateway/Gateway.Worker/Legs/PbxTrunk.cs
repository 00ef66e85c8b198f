using Gateway.Sip.Profiles;
using Media.Engine;

namespace Gateway.Worker.Legs;

/// <summary>The facts that a call needs of the trunk it runs over.</summary>
/// <param name="Name">The operator's name of it.</param>
/// <param name="Media">How media is negotiated with this PBX.</param>
/// <param name="DelayedOffer">INVITE without SDP: the PBX offers in its answer.</param>
/// <param name="EarlyRingback">While WhatsApp rings, the agent hears our ringing tone (183 with SDP) instead of the PBX's own
/// (180).</param>
/// <param name="Digits">How digits go to this PBX where it agreed to no telephone-event.</param>
internal sealed record PbxTrunk(string Name, PbxMediaProfile Media, bool DelayedOffer, bool EarlyRingback, DtmfFallback Digits);
