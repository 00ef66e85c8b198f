using System.Net;
using Media.Engine.Session;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Tests.Session;

public class RtpLatchTests
{
    private static readonly TransportAddress Signalled = At("10.0.0.1", 4000);
    private static readonly TransportAddress OtherPort = At("10.0.0.1", 5000);
    private static readonly TransportAddress ThirdPort = At("10.0.0.1", 6000);
    private static readonly TransportAddress Elsewhere = At("192.0.2.7", 4000);
    private static readonly TransportAddress UnexpectedSource = At("198.51.100.9", 4000);
    private static readonly PbxMediaProfile Plain = new();
    private static readonly PbxMediaProfile BehindNat = new() { NatLatching = true };

    private readonly RtpLatch _latch = new();
    private ushort _sequence;
    private Instant _now;

    [Fact]
    public void Nobody_is_accepted_before_signalling()
    {
        Assert.False(_latch.Accepts(Signalled, BehindNat, _now));
        Assert.True(_latch.Target.IsNone);
    }

    [Fact]
    public void Whoever_sends_first_from_another_port_does_not_get_the_stream()
    {
        _latch.Signal(Signalled, _now);
        Assert.False(Hear(OtherPort));
        Assert.False(Hear(Elsewhere));
        Assert.Equal(Signalled, _latch.Target);
    }

    [Fact]
    public void After_a_silence_another_port_of_the_signalled_address_is_taken_and_kept()
    {
        _latch.Signal(Signalled, _now);
        Assert.True(Hear(Signalled));
        Pass(Plain.LatchAfter);
        Assert.True(Hear(OtherPort, packets: 3));
        Assert.Equal(OtherPort, _latch.Target);
        Assert.False(Hear(ThirdPort, packets: 5));
        Assert.True(Hear(OtherPort));
    }

    [Fact]
    public void Never_while_the_address_in_use_speaks()
    {
        _latch.Signal(Signalled, _now);
        for (var i = 0; i < 500; i++)
        {
            Assert.True(Hear(Signalled));
            Assert.False(Hear(OtherPort));
            Assert.False(Hear(Elsewhere, BehindNat));
            Pass(TimeSpan.FromMilliseconds(20));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_stray_packet_after_a_silence_moves_nothing(int packets)
    {
        _latch.Signal(Signalled, _now);
        Pass(Plain.LatchAfter);
        Assert.False(Hear(OtherPort, packets: packets));
        Assert.Equal(Signalled, _latch.Target);
        Assert.False(Hear(ThirdPort)); // does not add to what another showed
        Assert.True(Hear(Signalled));
        Assert.False(Hear(OtherPort, packets: 3));
    }

    [Fact]
    public void Packets_of_several_streams_prove_nothing()
    {
        _latch.Signal(Signalled, _now);
        Pass(Plain.LatchAfter);
        for (uint ssrc = 0; ssrc < 20; ssrc++)
            Assert.False(Hear(OtherPort, ssrc: ssrc));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_later_packet_from_the_signalled_address_always_wins(bool nat)
    {
        var profile = nat ? BehindNat : Plain;
        _latch.Signal(Signalled, _now);
        Pass(profile.LatchAfter);
        Assert.True(Hear(OtherPort, profile, packets: 3));
        Assert.True(Hear(Signalled, profile));
        Assert.Equal(Signalled, _latch.Target);
        Assert.False(Hear(OtherPort, profile));
    }

    [Fact]
    public void Behind_a_NAT_the_first_source_is_taken_at_once_and_kept()
    {
        _latch.Signal(Signalled, _now);
        Assert.True(Hear(Elsewhere, BehindNat));
        Assert.Equal(Elsewhere, _latch.Target);
        Assert.False(Hear(UnexpectedSource, BehindNat));
    }

    [Fact]
    public void Behind_a_NAT_an_address_of_the_trunk_takes_the_stream_back_from_whoever_was_first()
    {
        var profile = BehindNat with { Sources = [IPNetwork.Parse("192.0.2.0/24")] };
        _latch.Signal(Signalled, _now);
        Assert.True(Hear(UnexpectedSource, profile));
        Assert.True(Hear(Elsewhere, profile));
        Assert.Equal(Elsewhere, _latch.Target);
        Assert.False(Hear(UnexpectedSource, profile));
    }

    [Fact]
    public void Behind_a_NAT_the_address_that_signals_takes_the_stream_back_from_whoever_was_first()
    {
        _latch.Signal(Signalled, _now, At("192.0.2.7", 5060));
        Assert.True(Hear(UnexpectedSource, BehindNat));
        Assert.True(Hear(Elsewhere, BehindNat));
        Assert.Equal(Elsewhere, _latch.Target);
        Assert.False(Hear(UnexpectedSource, BehindNat, packets: 5));
        Assert.True(Hear(Signalled, BehindNat));
    }

    [Fact]
    public void Without_a_NAT_the_address_that_signals_gets_no_stream()
    {
        _latch.Signal(Signalled, _now, At("192.0.2.7", 5060));
        Pass(Plain.LatchAfter);
        Assert.False(Hear(Elsewhere, packets: 5));
    }

    [Fact]
    public void The_next_phone_is_not_believed_at_the_address_of_the_one_that_left()
    {
        _latch.Signal(Signalled, _now, At("192.0.2.7", 5060));
        _latch.Clear();
        _latch.Signal(Signalled, _now);
        Assert.True(Hear(UnexpectedSource, BehindNat));
        Assert.False(Hear(Elsewhere, BehindNat, packets: 5));
    }

    [Fact]
    public void Behind_a_NAT_another_address_is_taken_after_a_silence_and_without_one_it_never_is()
    {
        _latch.Signal(Signalled, _now);
        Assert.True(Hear(Signalled, BehindNat));
        Assert.False(Hear(Elsewhere, BehindNat, packets: 5));
        Pass(BehindNat.LatchAfter);
        Assert.False(Hear(Elsewhere, Plain, packets: 5));
        Assert.True(Hear(Elsewhere, BehindNat, packets: 3));
        Pass(BehindNat.LatchAfter);
        Assert.True(Hear(UnexpectedSource, BehindNat, packets: 3)); // the NAT gave it another address once more
    }

    [Fact]
    public void The_silence_is_the_trunks_to_set()
    {
        var profile = Plain with { LatchAfter = TimeSpan.FromSeconds(7) };
        _latch.Signal(Signalled, _now);
        Pass(TimeSpan.FromSeconds(6));
        Assert.False(Hear(OtherPort, profile, packets: 3));
        Pass(TimeSpan.FromSeconds(1));
        Assert.True(Hear(OtherPort, profile, packets: 3));
    }

    [Fact]
    public void Signalling_moves_it_and_repeating_the_same_address_does_not()
    {
        _latch.Signal(Signalled, _now);
        Pass(Plain.LatchAfter);
        Assert.True(Hear(OtherPort, packets: 3));
        _latch.Signal(Signalled, _now);
        Assert.Equal(OtherPort, _latch.Target);
        _latch.Signal(Elsewhere, _now);
        Assert.Equal(Elsewhere, _latch.Target);
        Assert.False(Hear(OtherPort, packets: 3));
    }

    [Fact]
    public void Reports_between_which_seconds_pass_are_not_given_to_another_port()
    {
        var reports = new RtpLatch(isRtcp: true);
        reports.Signal(Signalled, _now);
        Pass(TimeSpan.FromSeconds(6));
        Assert.False(reports.Accepts(OtherPort, Plain, _now));
        Assert.True(reports.Accepts(Signalled, Plain, _now));
    }

    /// <summary>True: the last of the packets was taken.</summary>
    private bool Hear(TransportAddress source, PbxMediaProfile? profile = null, int packets = 1, uint ssrc = 7)
    {
        var taken = false;
        for (var i = 0; i < packets; i++)
        {
            var header = new RtpHeader(0, false, new SequenceNumber(++_sequence), default, new Ssrc(ssrc), false, RtpHeader.FixedLength);
            taken = _latch.Accepts(source, profile ?? Plain, _now) && _latch.Confirm(source, header, profile ?? Plain, _now);
        }
        return taken;
    }

    private void Pass(TimeSpan time) => _now += time;

    private static TransportAddress At(string ip, int port) => TransportAddress.From(IPAddress.Parse(ip), port);
}
