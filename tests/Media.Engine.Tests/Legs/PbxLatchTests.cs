using System.Net;
using Media.Engine.Legs;
using Media.Protocols.Primitives;

namespace Media.Engine.Tests.Legs;

public class PbxLatchTests
{
    private static readonly TransportAddress Signalled = At("10.0.0.1", 4000);
    private static readonly TransportAddress OtherPort = At("10.0.0.1", 5000);
    private static readonly TransportAddress ThirdPort = At("10.0.0.1", 6000);
    private static readonly TransportAddress Elsewhere = At("192.0.2.7", 4000);
    private static readonly TransportAddress Stranger = At("198.51.100.9", 4000);

    private readonly PbxLatch _latch = new();

    [Fact]
    public void Nobody_is_accepted_before_signalling()
    {
        Assert.False(_latch.Accepts(Signalled, behindNat: true));
        Assert.True(_latch.Target.IsNone);
    }

    [Fact]
    public void The_first_other_port_of_the_signalled_address_is_taken_and_kept()
    {
        _latch.Signal(Signalled);
        Hear(OtherPort);
        Assert.Equal(OtherPort, _latch.Target);
        Assert.False(_latch.Accepts(ThirdPort, behindNat: false));
        Assert.True(_latch.Accepts(OtherPort, behindNat: false));
    }

    [Fact]
    public void The_signalled_address_wins_whenever_it_is_heard_and_then_for_good()
    {
        _latch.Signal(Signalled);
        Hear(OtherPort);
        Hear(Signalled);
        Assert.Equal(Signalled, _latch.Target);
        Assert.False(_latch.Accepts(OtherPort, behindNat: true));
    }

    [Fact]
    public void Another_address_is_refused_unless_the_PBX_is_known_to_be_behind_a_NAT()
    {
        _latch.Signal(Signalled);
        Assert.False(_latch.Accepts(Elsewhere, behindNat: false));
        Hear(Elsewhere, behindNat: true);
        Assert.Equal(Elsewhere, _latch.Target);
        Assert.False(_latch.Accepts(Stranger, behindNat: true));
    }

    [Fact]
    public void Behind_a_NAT_too_nobody_can_follow_a_PBX_that_was_heard()
    {
        _latch.Signal(Signalled);
        Hear(Signalled, behindNat: true);
        Assert.False(_latch.Accepts(Stranger, behindNat: true));
    }

    [Fact]
    public void Signalling_moves_it_and_repeating_the_same_address_does_not()
    {
        _latch.Signal(Signalled);
        Hear(OtherPort);
        _latch.Signal(Signalled);
        Assert.Equal(OtherPort, _latch.Target);
        _latch.Signal(Elsewhere);
        Assert.Equal(Elsewhere, _latch.Target);
        Assert.False(_latch.Accepts(OtherPort, behindNat: false));
    }

    private void Hear(TransportAddress source, bool behindNat = false)
    {
        Assert.True(_latch.Accepts(source, behindNat));
        _latch.Confirm(source, behindNat);
    }

    private static TransportAddress At(string ip, int port) => TransportAddress.From(IPAddress.Parse(ip), port);
}
