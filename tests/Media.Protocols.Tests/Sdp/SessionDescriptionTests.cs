using System.Text;
using Media.Protocols.Sdp;

namespace Media.Protocols.Tests.Sdp;

public sealed class SessionDescriptionTests
{
    private const string Minimal = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n";

    public static TheoryData<string> Vectors => [.. SdpVectors.Names];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Reads_every_vector_and_writes_it_back_to_the_same_meaning(string name)
    {
        Assert.True(SessionDescription.TryParse(SdpVectors.Read(name), out var first, out var error), error.ToString());
        Assert.True(SessionDescription.TryParse(first.Write(), out var second, out error), error.ToString());

        Assert.Equal(first.Write(), second.Write());
        Assert.Equal(first.Origin, second.Origin);
        Assert.Equal(first.Attributes, second.Attributes);
        Assert.Equal(first.Media.Count, second.Media.Count);
        for (var i = 0; i < first.Media.Count; i++)
        {
            Assert.Equal(first.Media[i].Formats, second.Media[i].Formats);
            Assert.Equal(first.Media[i].Attributes, second.Media[i].Attributes);
            Assert.Equal(first.Media[i].Connection, second.Media[i].Connection);
            Assert.Equal(Line(first.Media[i]), Line(second.Media[i]));
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Line_ends_trailing_blanks_and_blank_lines_make_no_difference(string name)
    {
        var text = SdpVectors.Read(name);
        Assert.True(SessionDescription.TryParse(text, out var expected, out _));

        foreach (var sloppy in new[] { text.Replace(
            "\r\n", "\n"), text.Replace("\r\n", " \t\r\n"), text.Replace("\r\n", "\r\n\r\n"), text.TrimEnd() })
        {
            Assert.True(SessionDescription.TryParse(sloppy, out var read, out var error), error.ToString());
            Assert.Equal(expected.Write(), read.Write());
        }
    }

    [Fact]
    public void Does_without_name_and_time_and_skips_lines_it_does_not_know()
    {
        Assert.True(SessionDescription.TryParse(Minimal + "b=AS:64\r\nq=what\r\na=x-vendor:1\r\n", out var sdp, out _));

        Assert.Equal([new SdpAttribute("x-vendor", "1")], sdp.Media[0].Attributes);
        Assert.Contains("s=-\r\n", sdp.Write(), StringComparison.Ordinal);
        Assert.Contains("t=0 0\r\n", sdp.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_line_written_ends_in_CRLF()
    {
        Assert.True(SessionDescription.TryParse(Minimal, out var sdp, out _));

        var text = sdp.Write();

        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        Assert.Equal(text.Count(c => c == '\n'), text.Split("\r\n").Length - 1);
    }

    [Fact]
    public void Reads_bytes_that_are_not_UTF8()
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Minimal + "a=x-name:"), 0xFF, 0xFE, (byte)'\r', (byte)'\n'];

        Assert.True(SessionDescription.TryParse(bytes, out var sdp, out _));

        Assert.Equal("\uFFFD\uFFFD", sdp.Media[0].Attributes[0].Value);
    }

    [Fact]
    public void An_owner_name_with_blanks_is_one_name()
    {
        Assert.True(SessionDescription.TryParse(Minimal.Replace("o=- ", "o=front desk phone "), out var sdp, out _));

        Assert.Equal("front desk phone", sdp.Origin.Username);
        Assert.Equal("1", sdp.Origin.SessionId);
    }

    [Theory]
    [InlineData("", SdpError.Empty)]
    [InlineData("\r\n \r\n", SdpError.Empty)]
    [InlineData("v=1\r\no=- 1 1 IN IP4 192.0.2.1\r\n", SdpError.MalformedVersion)]
    [InlineData("o=- 1 1 IN IP4 192.0.2.1\r\nv=2\r\n", SdpError.MalformedVersion)]
    [InlineData("nonsense\r\n", SdpError.MalformedLine)]
    [InlineData("{\"type\":\"offer\"}", SdpError.MalformedLine)]
    public void Says_what_is_wrong(string text, SdpError expected)
    {
        Assert.False(SessionDescription.TryParse(text, out var sdp, out var error));

        Assert.Null(sdp);
        Assert.Equal(expected, error);
    }

    public static TheoryData<string> Unusable =>
    [
        "nonsense", "a=", "a=:x", "a", "=", "a=x\u0001y", "c=", "c=IN IP4", "c=IN IP5 192.0.2.9", "o=", "s=a\u0001b", "--boundary--",
        "Content-Type: text/plain", "\u00e4=1", "{}", "b=AS:99999999999999999999", "t=-1 x", "v=9", "q", "\0", "\0\0a\0", "\uFEFF",
        "k=clear:\u007f",
    ];

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_line_that_cannot_be_used_is_passed_over_wherever_it_stands(string line)
    {
        var lines = Minimal.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(SessionDescription.TryParse(Minimal, out var expected, out _));

        for (var i = 1; i <= lines.Length; i++)
        {
            var text = string.Join("\r\n", [.. lines[..i], line, .. lines[i..]]) + "\r\n";
            Assert.True(SessionDescription.TryParse(text, out var read, out var error), error.ToString());
            Assert.Equal(expected.Write(), read.Write());
        }
    }

    [Theory]
    [InlineData("\uFEFF", "", "\r\n")]
    [InlineData("\r\n\r\n", "\r\n\r\n", "\r\n")]
    [InlineData("", "\0", "\r\n")]
    [InlineData("", "\0\0\0a=inactive", "\n")]
    [InlineData("", "", "\r")]
    [InlineData("", "", "\n\r")]
    [InlineData("", "", "\r\r\n")]
    [InlineData("", "", "  \r\n\t")]
    [InlineData("--x\r\nContent-Type: application/sdp\r\n\r\n", "--x--", "\r\n")]
    public void Line_ends_and_what_surrounds_the_description_make_no_difference(string before, string after, string lineEnd)
    {
        var text = Minimal + "a=sendonly\r\n";
        Assert.True(SessionDescription.TryParse(text, out var expected, out _));

        Assert.True(
            SessionDescription.TryParse(before + text.Replace("\r\n", lineEnd) + after, out var read, out var error), error.ToString());

        Assert.Equal(expected.Attributes, read.Attributes);
        Assert.Equal(expected.AttributesOf(expected.Media[0]).Direction, read.AttributesOf(read.Media[0]).Direction);
        Assert.Equal(expected.Connection, read.Connection);
        Assert.Equal(expected.Media[0].Formats, read.Media[0].Formats);
    }

    [Theory]
    [InlineData("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n")]
    [InlineData("c=IN IP4 192.0.2.1\r\no=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\nm=audio 4000 RTP/AVP 0\r\n")]
    [InlineData("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n")]
    [InlineData("V=0\r\nC=in ip4 192.0.2.1\r\nM=AUDIO 4000 RTP/AVP 0\r\n")]
    [InlineData("v = 0\r\nc =\tIN  IP4 \t192.0.2.1 \r\nm= audio\t4000  RTP/AVP\t0\r\n")]
    [InlineData("v=0\r\no=x\r\nc=IN IP6 192.0.2.1\r\nm=audio 04000/1 RTP/AVP 0\r\n")]
    [InlineData("v=0\r\no=- 99999999999999999999999 1 IN IP4 host\r\nc=IN IP4 192.000.002.001/127/3 x\r\nm=audio 4000 RTP/AVP 0\r\n")]
    public void Order_case_blanks_and_what_is_missing_leave_the_audio_clear(string text)
    {
        Assert.True(SessionDescription.TryParse(text, out var sdp, out var error), error.ToString());

        var audio = Assert.Single(sdp.Media);
        Assert.Equal(("audio", (ushort)4000, "RTP/AVP"), Line(audio));
        Assert.True(sdp.AttributesOf(audio).Connection!.Value.TryGetAddress(out var address));
        Assert.Equal("192.0.2.1", address.ToString());
    }

    [Theory]
    [InlineData("m=video 0 RTP/AVP", "video 0 RTP/AVP 0")]
    [InlineData("m=application 0 TCP/BFCP", "application 0 TCP/BFCP *")]
    [InlineData("m=application 0 TCP/BFCP *", "application 0 TCP/BFCP *")]
    [InlineData("m=image 0 udptl", "image 0 udptl *")]
    [InlineData("m=video 65536 RTP/AVP 96", "video 0 RTP/AVP 0")]
    [InlineData("m=video -1 RTP/AVP 96", "unknown 0 RTP/AVP 0")]
    [InlineData("m=video 0", "video 0 RTP/AVP 0")]
    [InlineData("m=", "unknown 0 RTP/AVP 0")]
    [InlineData("m=vid\u0001eo 4000 RTP/AVP 96", "unknown 0 RTP/AVP 0")]
    public void A_media_line_always_counts_and_is_refused_as_it_came(string line, string refused)
    {
        Assert.True(SessionDescription.TryParse(Minimal + line + "\r\n", out var sdp, out var error), error.ToString());

        Assert.Equal(2, sdp.Media.Count);
        Assert.Equal(0, sdp.Media[1].Port);
        Assert.Equal(refused.Split(' ')[1..], sdp.Media[1].Refused().ToLine().Split(' ')[1..]);
        Assert.True(SessionDescription.TryParse(sdp.Write(), out var again, out _));
        Assert.Equal(sdp.Write(), again.Write());
    }

    [Fact]
    public void Any_number_of_formats_is_read_and_only_some_are_written_back()
    {
        var many = string.Join(' ', Enumerable.Range(0, 5000).Select(i => i % 128));
        Assert.True(SessionDescription.TryParse(
            $"{Minimal}m=video 4002 RTP/AVP {many}\r\n".Replace("AVP 0\r", $"AVP {many}\r"), out var sdp, out _));

        Assert.All(sdp.Media, media => Assert.Equal(5000, media.Formats.Count));
        Assert.Equal([0, 8, 9], sdp.AttributesOf(sdp.Media[0]).RtpMaps.Select(map => (int)map.PayloadType));
        Assert.Equal(64, sdp.Media[1].Refused().Formats.Count);
    }

    [Fact]
    public void Holds_every_limit()
    {
        AssertError(SdpError.TooLong, Minimal + new string('a', SessionDescription.MaxLength));
        AssertError(SdpError.TooManyLines, Minimal + Repeat("a=x\r\n", SessionDescription.MaxLines));
        AssertError(SdpError.TooManyMedia, Minimal + Repeat("m=audio 1 RTP/AVP 0\r\n", SessionDescription.MaxMedia));
        Assert.False(SessionDescription.TryParse(new byte[SessionDescription.MaxLength + 1], out _, out var error));
        Assert.Equal(SdpError.TooLong, error);
    }

    [Fact]
    public void A_section_says_more_than_the_session()
    {
        var text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\na=ptime:30\r\n" +
            "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\nc=IN IP4 192.0.2.3\r\na=recvonly\r\nm=audio 4002 RTP/AVP 0\r\n";
        Assert.True(SessionDescription.TryParse(text, out var sdp, out _));

        var (first, second) = (sdp.AttributesOf(sdp.Media[0]), sdp.AttributesOf(sdp.Media[1]));

        Assert.Equal((MediaDirection.RecvOnly, "192.0.2.2", 30), (first.Direction, first.Connection!.Value.Host, first.PacketTime));
        Assert.Equal((MediaDirection.SendOnly, "192.0.2.1", 30), (second.Direction, second.Connection!.Value.Host, second.PacketTime));
    }

    private static (string Kind, ushort Port, string Protocol) Line(MediaDescription media) => (media.Kind, media.Port, media.Protocol);

    private static string Repeat(string text, int times) => new StringBuilder().Insert(0, text, times).ToString();

    private static void AssertError(SdpError expected, string text)
    {
        Assert.False(SessionDescription.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }
}
