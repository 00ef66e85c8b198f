using Media.Protocols.Srtp;

namespace Media.Protocols.Sdp;

/// <summary>SRTP keys of both directions as SDES exchanged them.</summary>
/// <param name="Profile">The agreed one.</param>
/// <param name="Local">Protects what we send.</param>
/// <param name="Remote">Protects what the peer sends.</param>
public sealed record SdesKeys(SrtpProfile Profile, SrtpKeys Local, SrtpKeys Remote);
