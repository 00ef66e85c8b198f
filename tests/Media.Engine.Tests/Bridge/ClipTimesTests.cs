using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Bridge;

/// <summary>The times at which clips and silence are sent, whenever each call began.</summary>
public class ClipTimesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(3.7)]
    [InlineData(12.5)]
    [InlineData(19.9)]
    public void Calls_that_began_at_any_time_are_sent_silence_at_common_points_of_time(double began)
    {
        using var path = new OneWayPath(AudioCodec.Pcmu, AudioCodec.Pcmu);
        path.AdvanceTo(path.Clock.Now + TimeSpan.FromMilliseconds(began));
        var opened = path.Clock.Now;
        path.Open();
        path.AdvanceTo(path.Clock.Now + TimeSpan.FromSeconds(1));

        Assert.Equal(opened, path.Sent[0].At);
        Assert.InRange((path.Sent[1].At - opened).TotalMilliseconds, 15.0001, 20);
        Assert.All(path.Sent[1..], packet => Assert.Equal(0, packet.At.Ticks % (5 * TimeSpan.TicksPerMillisecond)));
        foreach (var (before, after) in path.Sent.Skip(1).Zip(path.Sent.Skip(2)))
            Assert.Equal(20, (after.At - before.At).TotalMilliseconds);
        Assert.Equal(160 * (path.Sent.Count - 1), path.Sent[^1].Timestamp.DistanceFrom(path.Sent[0].Timestamp));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(12.5)]
    public void Audio_that_is_back_after_silence_finds_its_place_free(double began)
    {
        using var path = new OneWayPath(AudioCodec.Pcmu, AudioCodec.Pcmu);
        path.AdvanceTo(path.Clock.Now + TimeSpan.FromMilliseconds(began));
        path.Open();
        var talk = Enumerable.Repeat((byte)0x55, 160).ToArray();
        var (sequence, from) = ((ushort)0, path.Clock.Now);
        for (var turn = 0; turn < 5; turn++)
        {
            for (var n = 0; n < 10; n++, sequence++)
            {
                path.Receive(talk, sequence, (uint)((path.Clock.Now - from).TotalMilliseconds * 8));
                path.AdvanceTo(path.Clock.Now + TimeSpan.FromMilliseconds(20));
            }
            path.AdvanceTo(path.Clock.Now + TimeSpan.FromSeconds(3));
        }
        Assert.Equal(50, path.Sent.Count(packet => packet.Payload[0] == 0x55));
    }
}
