using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

/// <summary>Damage to every vector: the rest is read or refused with a reason, and nothing throws.</summary>
public sealed class MalformedSdpTests
{
    public static TheoryData<string> Vectors => [.. SdpVectors.Names];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Every_truncation_is_read_or_refused(string name)
    {
        var text = SdpVectors.Read(name);

        for (var length = 0; length < text.Length; length++)
            ReadAsEverything(text[..length]);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Every_missing_and_every_repeated_line_is_read_or_refused(string name)
    {
        var lines = SdpVectors.Read(name).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        for (var i = 0; i < lines.Length; i++)
        {
            ReadAsEverything(Join([.. lines[..i], .. lines[(i + 1)..]]));
            ReadAsEverything(Join([.. lines[..i], lines[i], .. lines[i..]]));
            ReadAsEverything(Join([.. lines[..i], lines[i].Split(':', '=')[0] + "=", .. lines[(i + 1)..]]));
            ReadAsEverything(Join([.. lines[..i], lines[i].Split(':')[0] + ":", .. lines[(i + 1)..]]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Shuffled_deleted_and_mixed_lines_are_read_or_refused(int seed)
    {
        var entropy = new SeededEntropy(seed);
        var all = SdpVectors.Names.SelectMany(name => SdpVectors.Read(name).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)).ToArray();

        for (var round = 0; round < 500; round++)
        {
            List<string> lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.1"];
            for (var n = entropy.NextUInt32() % 40; n > 0; n--)
                lines.Add(all[entropy.NextUInt32() % all.Length]);
            ReadAsEverything(Join([.. lines]));
        }
    }

    private static void ReadAsEverything(string text)
    {
        var parsed = SessionDescription.TryParse(text, out var sdp, out var error);
        Assert.Equal(parsed, sdp is not null);
        Assert.Equal(parsed, error == SdpError.None);

        var whatsApp = SdpVectors.WhatsAppLocal();
        if (WhatsAppSdp.TryAnswerOffer(text, whatsApp, out var toWhatsApp, out _, out _))
            AssertAnswers(sdp!, toWhatsApp);
        WhatsAppSdp.TryApplyAnswer(text, whatsApp, out _, out _);

        var leg = new PbxSdp(new SeededEntropy(1));
        if (leg.TryAnswerOffer(text, SdpVectors.Local(), out var toPbx, out _, out _))
            AssertAnswers(sdp!, toPbx);
        Assert.True(SessionDescription.TryParse(leg.CreateOffer(SdpVectors.Local()), out _, out _));
        leg.TryApplyAnswer(text, out _, out _);
    }

    private static void AssertAnswers(SessionDescription offer, string answer)
    {
        Assert.True(SessionDescription.TryParse(answer, out var sdp, out var error), error.ToString());
        Assert.Equal(offer.Media.Select(media => media.Kind), sdp.Media.Select(media => media.Kind));
        Assert.Single(sdp.Media, media => media.Port != 0);
    }

    private static string Join(string[] lines) => string.Join("\r\n", lines) + "\r\n";
}
