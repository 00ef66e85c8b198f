using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Fuzz.Targets;

/// <summary>
/// One text in every role: a description, WhatsApp's offer and answer, a PBX's first offer, later offer and answer. Nothing
/// throws, reasons and results exclude each other, and whatever we write in reply can be read again and answers line for line.
/// </summary>
public sealed class SdpFuzzTarget : IFuzzTarget
{
    private static readonly TransportAddress Address = TransportAddress.FromBytes([198, 51, 100, 7], 20000);

    private static readonly PbxLocalMedia Pbx = new()
    {
        Rtp = Address,
        Codecs = [AudioCodec.Opus, AudioCodec.Pcmu, AudioCodec.Pcma, AudioCodec.G722],
    };

    private static readonly WhatsAppLocalMedia WhatsApp = new()
    {
        Ice = new IceCredentials("fuzz", "fuzzfuzzfuzzfuzzfuzzfuzz"),
        Candidates = [IceCandidate.Host(Address, 1)],
        Fingerprint = string.Join(':', Enumerable.Repeat("AB", 32)),
        Ssrc = new Ssrc(1),
        SessionId = 1,
        Cname = "fuzz",
        Codecs = [AudioCodec.Opus, AudioCodec.Pcmu, AudioCodec.Pcma],
    };

    public string Name => "sdp";

    public void Run(ReadOnlySpan<byte> input)
    {
        var parsed = SessionDescription.TryParse(input, out var sdp, out var error);
        FuzzFailureException.Require(parsed == (error == SdpError.None) && parsed == (sdp is not null), "a description or a reason");
        var text = System.Text.Encoding.UTF8.GetString(input);
        if (sdp is not null)
        {
            var again = SessionDescription.TryParse(sdp.Write(), out var second, out _);
            FuzzFailureException.Require(again && second!.Write() == sdp.Write(), "what is written reads the same");
        }
        AsWhatsApp(text, sdp);
        AsPbx(text, sdp);
    }

    private static void AsWhatsApp(string text, SessionDescription? offer)
    {
        if (WhatsAppSdp.TryAnswerOffer(text, WhatsApp, out var answer, out var settled, out var error))
        {
            FuzzFailureException.Require(settled.Codecs.Count > 0 && settled.RemoteIce.IsUsable, "an agreed codec and usable credentials");
            RequireAnswers(offer!, answer);
        }
        else
        {
            FuzzFailureException.Require(answer is null && settled is null && error != SdpError.None, "a refusal has a reason only");
        }
        WhatsAppSdp.TryApplyAnswer(text, WhatsApp, out _, out _);
    }

    private static void AsPbx(string text, SessionDescription? offer)
    {
        PbxSdp.AsksForIPv6(text);
        foreach (var policy in Enum.GetValues<SrtpPolicy>())
        {
            var local = Pbx with { Srtp = policy };
            var leg = new PbxSdp(new CountingEntropy());
            if (leg.TryAnswerOffer(text, local, out var answer, out var settled, out _))
            {
                FuzzFailureException.Require(settled.Codecs.Count > 0, "an agreed codec");
                FuzzFailureException.Require(policy != SrtpPolicy.Required || settled.Srtp is not null, "keys where required");
                RequireAnswers(offer!, answer);
                var refreshed = leg.TryAnswerOffer(text, local, out var same, out _, out _);
                FuzzFailureException.Require(refreshed && same == answer, "a refresh gets the same answer");
            }
            var ours = leg.CreateOffer(local);
            FuzzFailureException.Require(SessionDescription.TryParse(ours, out _, out _), "our offer reads");
            leg.TryApplyAnswer(text, out _, out _);
            leg.TryAnswerOffer(text.Replace("m=audio", "m=audio 0 RTP/AVP 0\r\nm=audio"), local, out _, out _, out _);
        }
    }

    private static void RequireAnswers(SessionDescription offer, string answer)
    {
        var read = SessionDescription.TryParse(answer, out var sdp, out _);
        FuzzFailureException.Require(read && sdp!.Media.Count == offer.Media.Count, "an answer has the offer's lines");
        for (var i = 0; i < offer.Media.Count; i++)
            FuzzFailureException.Require(sdp!.Media[i].Kind == offer.Media[i].Kind, "an answer keeps the offer's order");
        FuzzFailureException.Require(sdp!.Media.Count(media => media.Port != 0) == 1, "one section is taken");
    }

    private sealed class CountingEntropy : IEntropy
    {
        private byte _next;

        public void Fill(Span<byte> destination)
        {
            foreach (ref var b in destination)
                b = _next++;
        }
    }
}
