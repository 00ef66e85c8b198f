using Media.Protocols.Datagrams;
using Media.Protocols.Tests.Stun;

namespace Media.Protocols.Tests.Datagrams;

public class DatagramKindTests
{
    [Fact]
    public void Every_first_byte_falls_into_its_range_of_RFC_7983()
    {
        for (var first = 0; first < 256; first++)
        {
            var expected = first switch
            {
                <= 3 => DatagramKind.Stun,
                >= 20 and <= 63 => DatagramKind.Dtls,
                >= 128 and <= 191 => DatagramKind.Rtp,
                _ => DatagramKind.Unknown,
            };
            Assert.Equal(expected, DatagramKinds.Classify([(byte)first, 111]));
        }
    }

    [Theory]
    [InlineData(0, DatagramKind.Rtp)] // PCMU
    [InlineData(126, DatagramKind.Rtp)]
    [InlineData(128 + 126, DatagramKind.Rtp)] // with marker
    [InlineData(128, DatagramKind.Rtp)] // PCMU with marker
    [InlineData(191, DatagramKind.Rtp)]
    [InlineData(192, DatagramKind.Rtcp)]
    [InlineData(200, DatagramKind.Rtcp)] // sender report
    [InlineData(203, DatagramKind.Rtcp)] // BYE
    [InlineData(223, DatagramKind.Rtcp)]
    [InlineData(224, DatagramKind.Rtp)]
    public void RTCP_is_told_from_RTP_by_its_packet_type(byte second, DatagramKind expected) =>
        Assert.Equal(expected, DatagramKinds.Classify([0x80, second]));

    [Fact]
    public void Nothing_is_unknown_and_one_byte_is_enough()
    {
        Assert.Equal(DatagramKind.Unknown, DatagramKinds.Classify([]));
        Assert.Equal(DatagramKind.Rtp, DatagramKinds.Classify([0x80]));
        Assert.Equal(DatagramKind.Stun, DatagramKinds.Classify(Rfc5769Tests.Request));
    }
}
