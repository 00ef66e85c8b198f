using Media.Protocols.Ice;
using Media.Protocols.Primitives;

namespace Sandbox.Handsets;

/// <summary>Writes a native handset's description, offer and answer alike, in the shape of WhatsApp's relay.</summary>
internal static class HandsetOffer
{
    public static string Write(Facts facts)
    {
        var local = facts.Local;
        string[] lines =
        [
            "v=0", $"o=- {facts.SessionId} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", $"a=group:BUNDLE {facts.Mid}",
            facts.FullIce ? "a=ice-options:ice2" : "a=ice-lite",
            $"m=audio {local.Port} UDP/TLS/RTP/SAVPF {(facts.Pcmu ? "0 111 126" : "111 126")}",
            $"c=IN IP{(local.IsIPv4 ? 4 : 6)} {local.ToIPAddress()}", "a=rtcp:9 IN IP4 0.0.0.0",
            $"a={IceCandidate.Host(local, ushort.MaxValue).Write()}", $"a=ice-ufrag:{facts.Credentials.Ufrag}",
            $"a=ice-pwd:{facts.Credentials.Password}", $"a=fingerprint:sha-256 {facts.Fingerprint}", $"a=setup:{facts.Setup}",
            $"a=mid:{facts.Mid}", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2",
            "a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1",
            "a=rtpmap:126 telephone-event/8000", "a=maxptime:20", "a=ptime:20", $"a=ssrc:{facts.Ssrc.Value} cname:WhatsAppAudioStream1", "",
        ];
        return string.Join("\r\n", lines);
    }

    /// <summary>The values that differ between handsets.</summary>
    public sealed record Facts(
        long SessionId, TransportAddress Local, IceCredentials Credentials, string Fingerprint, string Setup, string Mid, Ssrc Ssrc,
        bool FullIce, bool Pcmu);
}
