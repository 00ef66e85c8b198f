using Gateway.Calls;
using Gateway.Calls.Rules;
using Gateway.Worker.Legs;
using Media.Engine;
using Media.Protocols.Sdp;

namespace Gateway.Worker.Tests.Legs;

/// <summary>Host names in a PBX's description, and the messages for what one lacks.</summary>
public sealed class PbxDescriptionsTests
{
    private static string Offer(string session, string section = "") =>
        $"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n{session}t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n{section}a=sendrecv\r\nm=video 0 " +
            $"RTP/AVP\r\n";

    [Theory]
    [InlineData("c=IN IP4 localhost\r\n", "")]
    [InlineData("", "c=IN IP4 LOCALHOST\r\n")]
    [InlineData("c=IN IP4 no-such-host.invalid\r\n", "c=IN IP4 localhost\r\n")]
    public async Task A_name_becomes_its_address(string session, string section)
    {
        var resolved = await PbxDescriptions.ResolveAsync(Offer(session, section));

        Assert.True(SessionDescription.TryParse(resolved, out var sdp, out _));
        Assert.True(sdp.AttributesOf(sdp.Media[0]).Connection!.Value.TryGetAddress(out var address));
        Assert.True(System.Net.IPAddress.IsLoopback(address));
        Assert.Equal(2, sdp.Media.Count);
        Assert.Equal(MediaDirection.SendRecv, sdp.AttributesOf(sdp.Media[0]).Direction);
    }

    [Theory]
    [InlineData("c=IN IP4 192.0.2.1\r\n", "")]
    [InlineData("c=IN IP4 no-such-host.invalid\r\n", "")]
    [InlineData("c=IN IP4 no-such-host.invalid\r\n", "c=IN IP4 192.0.2.7\r\n")]
    [InlineData("c=IN IP4 a/b.c:d\r\n", "")]
    [InlineData("", "")]
    public async Task What_needs_no_lookup_or_has_no_address_stays_as_it_is(string session, string section)
    {
        var offer = Offer(session, section);

        Assert.Equal(offer, await PbxDescriptions.ResolveAsync(offer));
    }

    [Fact]
    public void Every_reason_has_words_that_a_header_can_carry()
    {
        foreach (var error in Enum.GetValues<SdpError>().Where(error => error != SdpError.None))
        {
            var warning = SdpWarnings.Of(error)!;

            Assert.InRange(warning.Code, 300, 399);
            Assert.DoesNotContain('"', warning.Text);
            Assert.Equal($"{warning.Code} gateway \"{warning.Text}\"", RefusalHeaders.Of(warning));
        }
        Assert.Null(SdpWarnings.Of(SdpError.None));
    }

    [Fact]
    public void The_refusal_of_an_offer_carries_its_warning()
    {
        var refusal = new PbxRefusal(488, "x") { Cause = HangupCause.IncompatibleMedia, Warning = SdpWarnings.Of(SdpError.SrtpRequired) };

        Assert.Contains(("Warning", "306 gateway \"Encryption is required here: a=crypto is missing\""), RefusalHeaders.Of(refusal));
    }
}
