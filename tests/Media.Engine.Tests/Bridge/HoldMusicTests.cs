using Media.Engine.Audio;
using Media.Engine.Quality;
using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Bridge;

/// <summary>
/// The source that a user on hold hears: the PBX, and the gateway's own music only where the PBX leaves it to the gateway.
/// </summary>
public sealed class HoldMusicTests : IDisposable
{
    private const byte Quiet = 0xFF; // PCMU's zero: what is not quiet in what is sent is our music

    private readonly OneWayPath _path = new(AudioCodec.Pcmu, AudioCodec.Pcmu);
    private ushort _sequence;
    private uint _timestamp;

    public HoldMusicTests()
    {
        _path.Path.FillerAfter = TimeSpan.FromSeconds(3);
        _path.Open();
    }

    [Theory]
    [InlineData(1.2, 1.2)]
    [InlineData(1.2, 4)]
    [InlineData(0.2, 30)]
    [InlineData(20, 2)]
    public void Pauses_between_announcements_are_silent(double announcement, double pause)
    {
        Hold();
        Wait(0.5);
        for (var times = 0; times < 4; times++)
        {
            Talk(announcement);
            if (times == 0)
                Talk(1); // the first one is longer than the tail of a phone
            Wait(pause);
        }
        Assert.False(HeardMusic());
    }

    [Fact]
    public void A_source_that_sends_nothing_leaves_the_listener_to_our_music_after_the_time_set()
    {
        Hold();
        Wait(2.9);
        Assert.False(HeardMusic());
        Wait(0.3);
        Assert.True(HeardMusic());
    }

    [Theory]
    [InlineData(0.04)]
    [InlineData(0.9)]
    [InlineData(1.4)] // our answer was lost, and repeated
    public void What_a_phone_sends_until_it_has_our_answer_is_no_audio_of_the_hold(double tail)
    {
        Hold();
        Talk(tail);
        Wait(3.3);
        Assert.True(HeardMusic());
    }

    [Fact]
    public void An_announcement_ends_our_music_for_the_rest_of_the_hold()
    {
        Hold();
        Wait(5);
        Assert.True(HeardMusic());
        Talk(2);
        _path.Sent.Clear();
        Wait(30);
        Assert.False(HeardMusic());
    }

    [Theory]
    [InlineData(OneWayPath.PayloadType, 160)] // a packet of quiet audio
    [InlineData(OneWayPath.PayloadType, 0)]
    [InlineData(13, 1)] // comfort noise
    public void What_only_keeps_a_NAT_open_does_not_end_our_music(byte payloadType, int length)
    {
        Hold();
        for (var seconds = 0; seconds < 600; seconds += 10)
        {
            Wait(5);
            KeepAlive(payloadType, length);
            _path.Sent.Clear();
            Wait(5);
            Assert.True(HeardMusic() && _path.Sent.Count > 195, $"{seconds} s: {_path.Sent.Count} packets"); // a second is missing at most
        }
        Assert.Equal(0, _path.Outcomes(PlayoutOutcome.Concealed));
    }

    [Theory]
    [InlineData(OneWayPath.PayloadType, 0)]
    [InlineData(13, 1)]
    public void Packets_without_audio_do_not_put_our_music_off(byte payloadType, int length)
    {
        Hold();
        for (var packets = 0; packets < 40; packets++)
        {
            Wait(0.1);
            KeepAlive(payloadType, length);
        }
        Assert.True(HeardMusic());
    }

    [Fact]
    public void The_next_hold_is_seen_anew()
    {
        Hold();
        Talk(5);
        Wait(5);
        Assert.False(HeardMusic());
        _path.Path.Filler = TreatmentAudio.Silence;
        Talk(1);
        Hold();
        Wait(3.3);
        Assert.True(HeardMusic());
    }

    public void Dispose() => _path.Dispose();

    private void Hold()
    {
        _path.Path.Filler = TreatmentAudio.Of(AudioTreatment.HoldMusic, default)!;
        _path.Path.BeginHold(_path.Clock.Now);
    }

    private void Talk(double seconds)
    {
        var payload = new byte[160];
        payload.AsSpan().Fill(Quiet);
        for (var packets = (int)(seconds * 50); packets > 0; packets--)
        {
            _path.Receive(payload, _sequence++, _timestamp);
            _timestamp += 160;
            _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(20));
        }
    }

    private void KeepAlive(byte payloadType, int length)
    {
        Span<byte> payload = stackalloc byte[length];
        payload.Fill(Quiet);
        _path.Receive(payload, _sequence++, _timestamp, payloadType: payloadType);
    }

    private void Wait(double seconds)
    {
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromSeconds(seconds));
        _timestamp += (uint)(seconds * 8000);
    }

    private bool HeardMusic() => _path.Sent.Any(packet => packet.Payload.Any(sample => sample is not (Quiet or 0x7F)));
}
