using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Messages;

public class SipCallPeekTests
{
    [Theory]
    [InlineData("SIP/2.0 200 OK\nTo: <sip:a@b>", true)]
    [InlineData("ACK sip:a@b SIP/2.0\nTo: <sip:a@b>", true)]
    [InlineData("CANCEL sip:a@b SIP/2.0\nTo: <sip:a@b>", true)]
    [InlineData("BYE sip:a@b SIP/2.0", true)]
    [InlineData("\n\nBYE sip:a@b SIP/2.0", true)]
    [InlineData("PRACK sip:a@b SIP/2.0", true)]
    [InlineData("INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP b\nTo: \"A\" <sip:a@b>;tag=1", true)]
    [InlineData("INVITE sip:a@b SIP/2.0\nt :sip:a@b ; tag=1", true)]
    [InlineData("INFO sip:a@b SIP/2.0\nTO:<sip:a@b>;tag=x;other", true)]
    [InlineData("INVITE sip:a@b SIP/2.0\nFrom: <sip:c@b>;tag=9\nTo: <sip:a@b>", false)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\nTo: <sip:a@b;tag=1>", false)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\nTo: \";tag=1\" <sip:a@b>", false)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\nTo: <sip:a@b>\n\nTo: <sip:a@b>;tag=1", false)]
    [InlineData("REGISTER sip:b SIP/2.0\nTo: <sip:stage@b>", false)]
    [InlineData("BYEBYE sip:b SIP/2.0\nTo: <sip:a@b>", false)]
    [InlineData("NOTIFY", false)]
    [InlineData("\n\n", false)]
    [InlineData("", false)]
    public void Tells_what_belongs_to_a_call(string message, bool isInCall) =>
        Assert.Equal(isInCall, SipCallPeek.IsInCall(Encoding.ASCII.GetBytes(message.Replace("\n", "\r\n"))));
}
