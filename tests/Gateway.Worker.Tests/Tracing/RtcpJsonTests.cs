using System.Text;
using Gateway.Worker.Tracing.Hep;

namespace Gateway.Worker.Tests.Tracing;

public sealed class RtcpJsonTests
{
    /// <summary>RFC 3550 §6.4.1, of one block, and a BYE behind it.</summary>
    private const string SenderReport =
        "81c8000c" + "11111111" + "e0000000" + "80000000" + "00000a00" + "00000064" + "00003e80"
        + "22222222" + "40fffffe" + "00010203" + "00000011" + "aabbccdd" + "00010000" + "81cb0001" + "11111111";

    [Fact]
    public void A_report_is_written_as_capture_servers_take_it() => Assert.Equal(
        """
        {"type":200,"ssrc":286331153,"report_count":1,"sender_information":{"ntp_timestamp_sec":3758096384,"ntp_timestamp_usec":2147483648,
        "rtp_timestamp":2560,"packets":100,"octets":16000},"report_blocks":[{"source_ssrc":572662306,"fraction_lost":64,"packets_lost":-2,
        "highest_seq_no":66051,"ia_jitter":17,"lsr":2864434397,"dlsr":65536}]}
        """.ReplaceLineEndings(""), Encoding.UTF8.GetString(RtcpJson.Of(Convert.FromHexString(SenderReport))!));

    [Theory]
    [InlineData("")]
    [InlineData("81c8")]
    [InlineData("81cb0001111111111")] // cut
    [InlineData("81cb000111111111")] // a BYE alone
    [InlineData("9fc9000111111111")] // 31 blocks that are not there
    [InlineData("81c900ff11111111")] // longer than it is
    public void What_is_no_report_is_left_out(string hex) => Assert.Null(RtcpJson.Of(Convert.FromHexString(hex[..(hex.Length / 2 * 2)])));
}
