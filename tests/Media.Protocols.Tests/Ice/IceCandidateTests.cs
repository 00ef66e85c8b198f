using Media.Protocols.Ice;
using static Media.Protocols.Tests.Ice.IceWorld;

namespace Media.Protocols.Tests.Ice;

public class IceCandidateTests
{
    [Theory]
    [InlineData("candidate:1 1 udp 2122260223 157.240.19.130 3480 typ host generation 0 network-cost " +
        "50", "157.240.19.130:3480", IceCandidateType.Host)]
    [InlineData("a=candidate:0 1 UDP 2122262783 2a03:2880:f211:d1:face:b00c:0:6443 3480 typ host generation 0 network-cost " +
        "50", "[2a03:2880:f211:d1:face:b00c:0:6443]:3480", IceCandidateType.Host)]
    [InlineData("3 1 udp 1686052607 203.0.113.9 55001 typ srflx raddr 192.168.1.2 rport 55000 ufrag " +
        "aBcD", "203.0.113.9:55001", IceCandidateType.ServerReflexive)]
    [InlineData("candidate:4 1 udp 5 198.51.100.3 60000 TYP Relay raddr 0.0.0.0 rport 0", "198.51.100.3:60000", IceCandidateType.Relay)]
    [InlineData("candidate:5 1 udp 5 198.51.100.3 60000 typ prflx lonely", "198.51.100.3:60000", IceCandidateType.PeerReflexive)]
    [InlineData("  candidate:H/+9   1  udp  5  198.51.100.3  9  typ  host  ", "198.51.100.3:9", IceCandidateType.Host)]
    public void Reads_candidates_of_Meta_and_of_browsers(string text, string address, IceCandidateType type)
    {
        Assert.True(IceCandidate.TryParse(text, out var candidate, out var error), error.ToString());
        Assert.Equal(Address(address), candidate.Address);
        Assert.Equal(type, candidate.Type);
        Assert.Equal(1, candidate.Component);
        Assert.Equal(IceCandidateError.None, error);
    }

    [Theory]
    [InlineData("", IceCandidateError.Malformed)]
    [InlineData("candidate:", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 3480", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 3480 type host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 0 udp 1 192.0.2.1 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 257 udp 1 192.0.2.1 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 4294967296 192.0.2.1 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp -1 192.0.2.1 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 65536 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 1 192.0.2.256 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 1 3232235777 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 udp 1 2001::db8::1 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 3480 typ host", IceCandidateError.Malformed)]
    [InlineData("candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active", IceCandidateError.UnsupportedTransport)]
    [InlineData("candidate:1 1 ssltcp 1 192.0.2.1 443 typ host", IceCandidateError.UnsupportedTransport)]
    [InlineData("candidate:1 1 udp 1 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 50000 typ host", IceCandidateError.HostName)]
    [InlineData("candidate:1 1 udp 1 media.example.org 50000 typ host", IceCandidateError.HostName)]
    [InlineData("candidate:1 1 udp 1 fe80::1%eth0 50000 typ host", IceCandidateError.HostName)]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 50000 typ magic", IceCandidateError.UnknownType)]
    public void Refuses_with_a_reason(string text, IceCandidateError expected)
    {
        Assert.False(IceCandidate.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void What_it_writes_is_read_back()
    {
        IceCandidate[] candidates =
        [
            IceCandidate.Host(Address("192.0.2.1:4000"), 65535),
            IceCandidate.Host(Address("[2001:db8::1]:4000"), 65534, "2"),
            new("3", 1, 77, Address("203.0.113.9:5"), IceCandidateType.ServerReflexive, Address("10.0.0.5:4000")),
            new("4", 2, 78, Address("203.0.113.9:6"), IceCandidateType.Relay, Address("[2001:db8::1]:1")),
        ];
        foreach (var candidate in candidates)
        {
            Assert.True(IceCandidate.TryParse(candidate.Write(), out var read, out var error), error.ToString());
            Assert.Equal(candidate, read);
        }
    }

    [Fact]
    public void Writes_the_form_of_RFC_8839()
    {
        Assert.Equal("candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host", IceCandidate.Host(Address("192.0.2.1:4000"), 65535).Write());
        Assert.Equal(
            "candidate:2 1 udp 7 203.0.113.9 61000 typ srflx raddr 0.0.0.0 rport 9",
            new IceCandidate("2", 1, 7, Address("203.0.113.9:61000"), IceCandidateType.ServerReflexive).Write());
    }

    [Fact]
    public void Every_cut_and_every_changed_character_is_read_or_refused_without_an_exception()
    {
        const string Text = "candidate:3 1 udp 1686052607 2001:db8::9 55001 typ srflx raddr 192.168.1.2 rport 55000 ufrag aBcD";
        for (var length = 0; length < Text.Length; length++)
            Assert.Equal(IceCandidate.TryParse(Text.AsSpan(0, length), out _, out var error), error == IceCandidateError.None);
        for (var i = 0; i < Text.Length; i++)
        {
            foreach (var c in " :.%0~\0\uFFFF")
            {
                var changed = Text.ToCharArray();
                changed[i] = c;
                if (IceCandidate.TryParse(changed, out var candidate, out var refusal))
                    Assert.True(IceCandidate.TryParse(candidate.Write(), out var again, out _)
                        && again.Address == candidate.Address, new string(changed));
                else
                    Assert.NotEqual(IceCandidateError.None, refusal);
            }
        }
    }

    [Fact]
    public void Priorities_are_those_of_RFC_8445()
    {
        Assert.Equal(2130706431u, IcePriority.OfCandidate(IceCandidateType.Host, 65535));
        Assert.Equal(1694498815u, IcePriority.OfCandidate(IceCandidateType.ServerReflexive, 65535));
        Assert.Equal(1862270975u, IcePriority.OfCandidate(IceCandidateType.PeerReflexive, 65535));
        Assert.Equal(16777215u, IcePriority.OfCandidate(IceCandidateType.Relay, 65535));
        Assert.Equal(1862270975u, IcePriority.AsPeerReflexive(2130706431));
        Assert.Equal((1ul << 32) + 2 * 5, IcePriority.OfPair(1, 5));
        Assert.Equal((1ul << 32) + 2 * 5 + 1, IcePriority.OfPair(5, 1));
        Assert.Equal(IcePriority.OfPair(int.MaxValue, 1), IcePriority.OfPair(uint.MaxValue, 1));
        Assert.True(IcePriority.OfPair(uint.MaxValue, uint.MaxValue) > IcePriority.OfPair(uint.MaxValue, 1));
    }
}
