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

        foreach (var sloppy in new[] { text.Replace("\r\n", "\n"), text.Replace("\r\n", " \t\r\n"), text.Replace("\r\n", "\r\n\r\n"), text.TrimEnd() })
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
    [InlineData("o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n", SdpError.MalformedVersion)]
    [InlineData("v=0\r\ns=-\r\n", SdpError.MalformedOrigin)]
    [InlineData("v=0\r\no=1 IN IP4 192.0.2.1\r\n", SdpError.MalformedOrigin)]
    [InlineData("v=0\r\no=- 1 1 IN IP5 192.0.2.1\r\n", SdpError.MalformedOrigin)]
    [InlineData("v=0\r\nnonsense\r\n", SdpError.MalformedLine)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\na=:x\r\n", SdpError.MalformedLine)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\na=mid:x\ra=y\r\n", SdpError.MalformedLine)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=a\0b\r\n", SdpError.MalformedLine)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4\r\n", SdpError.MalformedConnection)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP\r\n", SdpError.MalformedMedia)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 65536 RTP/AVP 0\r\n", SdpError.MalformedMedia)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio -1 RTP/AVP 0\r\n", SdpError.MalformedMedia)]
    public void Says_what_is_wrong(string text, SdpError expected)
    {
        Assert.False(SessionDescription.TryParse(text, out var sdp, out var error));

        Assert.Null(sdp);
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Holds_every_limit()
    {
        AssertError(SdpError.TooLong, Minimal + new string('a', SessionDescription.MaxLength));
        AssertError(SdpError.TooManyLines, Minimal + Repeat("a=x\r\n", SessionDescription.MaxLines));
        AssertError(SdpError.TooManyMedia, Minimal + Repeat("m=audio 1 RTP/AVP 0\r\n", SessionDescription.MaxMedia));
        AssertError(SdpError.MalformedMedia, Minimal + "m=audio 1 RTP/AVP" + Repeat(" 0", SessionDescription.MaxFormats + 1) + "\r\n");
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
