using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Messages;

public sealed class SipStreamFramerTests
{
    private const string Message = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c\r\nContent-Length : 3\r\n\r\nabc";

    [Fact]
    public void Cuts_the_same_frames_from_any_segmentation()
    {
        var stream = Encoding.ASCII.GetBytes(
            Message + "\r\n\r\n" + Message + Message.Replace("Content-Length", "l", StringComparison.Ordinal));
        for (var size = 1; size <= stream.Length; size++)
        {
            var framer = new SipStreamFramer();
            List<string> messages = [];
            for (var at = 0; at < stream.Length; at += size)
            {
                framer.Append(stream.AsSpan(at, Math.Min(size, stream.Length - at)));
                SipFrameKind kind;
                while ((kind = framer.TryRead(out var frame)) != SipFrameKind.None)
                {
                    Assert.NotEqual(SipFrameKind.Broken, kind);
                    if (kind == SipFrameKind.Message)
                        messages.Add(Encoding.ASCII.GetString(frame.Span));
                }
            }
            Assert.Equal(3, messages.Count);
            Assert.Equal(Message, messages[1]);
            Assert.Equal(0, framer.Pending);
        }
    }

    [Fact]
    public void Tells_a_ping_from_a_pong()
    {
        var framer = new SipStreamFramer();
        framer.Append("\r\n\r\n"u8);
        Assert.Equal(SipFrameKind.Ping, framer.TryRead(out _));
        framer.Append("\r\n"u8);
        Assert.Equal(SipFrameKind.Pong, framer.TryRead(out _));
        Assert.Equal(SipFrameKind.None, framer.TryRead(out _));
    }

    [Theory]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", SipParseFault.MissingHeader)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n", SipParseFault.BadContentLength)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n", SipParseFault.RepeatedHeader)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 1\r\n 2\r\n\r\n", SipParseFault.BadContentLength)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 70000\r\n\r\n", SipParseFault.TooLarge)]
    [InlineData("\rx", SipParseFault.BadStartLine)]
    public void Breaks_for_good_where_the_next_message_cannot_be_found(string stream, SipParseFault fault)
    {
        var framer = new SipStreamFramer();
        framer.Append(Encoding.ASCII.GetBytes(stream));
        Assert.Equal(SipFrameKind.Broken, framer.TryRead(out _));
        Assert.Equal(fault, framer.Fault);
        framer.Append(Encoding.ASCII.GetBytes(Message));
        Assert.Equal(SipFrameKind.Broken, framer.TryRead(out _));
    }

    [Fact]
    public void Headers_without_end_are_refused_at_the_limit()
    {
        var framer = new SipStreamFramer();
        framer.Append(new byte[SipLimits.MaxHeaderBytes + 1].Select(_ => (byte)'a').ToArray());
        Assert.Equal(SipFrameKind.Broken, framer.TryRead(out _));
        Assert.Equal(SipParseFault.TooLarge, framer.Fault);
    }
}
