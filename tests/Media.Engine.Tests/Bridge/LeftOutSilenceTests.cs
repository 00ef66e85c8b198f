using Media.Engine.Codecs;
using Media.Engine.Tests.Peers;
using Media.Native.Opus;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Bridge;

/// <summary>A phone with G.711 talks to a peer with Opus that need not be sent silence.</summary>
public sealed class LeftOutSilenceTests : IDisposable
{
    private static readonly byte[] ComfortNoise = [70];

    private readonly SpeechGenerator _speech = new(8000);
    private OneWayPath _path = Open(OpusDtx.Always);
    private ushort _sequence;
    private uint _timestamp;

    [Fact]
    public void A_pause_in_speech_takes_few_packets_and_the_time_line_goes_on()
    {
        Talk(100, isSilent: false);
        Talk(100, isSilent: true);
        var before = _path.Sent.Count;
        Assert.InRange(before, 100 + 5, 100 + 20);
        Talk(50, isSilent: false);

        var sent = _path.Sent;
        Assert.Equal(before + 50, sent.Count);
        Assert.Equal(200 * 960, sent[before].Timestamp.DistanceFrom(sent[0].Timestamp));
        Assert.True(sent[before].Marker); // RFC 3551 §4.1
        Assert.DoesNotContain(sent.Skip(1).Take(before - 1), packet => packet.Marker);
        Assert.Equal(Enumerable.Range(0, sent.Count), sent.Select(packet => packet.SequenceNumber.DistanceFrom(sent[0].SequenceNumber)));
        var gaps = sent.Zip(sent.Skip(1), (one, next) => next.At - one.At).Max();
        Assert.InRange(gaps, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void A_decoder_hears_speech_on_both_sides_of_the_pause_and_next_to_nothing_in_it()
    {
        Talk(100, isSilent: false);
        Talk(100, isSilent: true);
        Talk(100, isSilent: false);
        using var decoder = new OpusDecoder();
        var (frame, level) = (new short[160], new double[300]);
        var next = 0;
        for (var n = 0; n < level.Length; n++)
        {
            var isHere = next < _path.Sent.Count && _path.Sent[next].Timestamp.DistanceFrom(_path.Sent[0].Timestamp) == n * 960;
            Assert.True((isHere ? decoder.Decode(_path.Sent[next++].Payload, frame) : decoder.Conceal(frame)).IsOk);
            level[n] = Math.Sqrt(frame.Average(sample => (double)sample * sample));
        }
        Assert.Equal(_path.Sent.Count, next);
        Assert.InRange(level[5..100].Average(), 1000, 10000);
        Assert.InRange(level[110..200].Max(), 0, 100);
        Assert.InRange(level[205..].Average() / level[5..100].Average(), 0.7, 1.4);
    }

    [Fact]
    public void A_phone_that_sends_comfort_noise_and_then_nothing_is_silent()
    {
        Talk(100, isSilent: false);
        var before = _path.Sent.Count;
        _path.Receive(ComfortNoise, _sequence++, _timestamp, payloadType: 13);
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromSeconds(4));
        _timestamp += 4 * 8000;
        Assert.InRange(_path.Sent.Count - before, 10, 40); // and not 200
        var gaps = _path.Sent.Zip(_path.Sent.Skip(1), (one, next) => next.At - one.At).Max();
        Assert.InRange(gaps, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1050)); // of which a second is silenceAfter
        before = _path.Sent.Count;
        Talk(50, isSilent: false);
        Assert.InRange(_path.Sent.Count - before, 49, 50);
    }

    [Theory]
    [InlineData(OpusDtx.Never)]
    [InlineData(OpusDtx.WherePreferred)] // this peer does not prefer it
    public void A_peer_that_wants_all_of_it_gets_all(OpusDtx dtx)
    {
        _path.Dispose();
        _path = Open(dtx);
        Talk(100, isSilent: false);
        Talk(100, isSilent: true);
        Assert.Equal(200, _path.Sent.Count);
    }

    [Theory]
    [InlineData(OpusDtx.Never, true, false)]
    [InlineData(OpusDtx.WherePreferred, true, true)]
    [InlineData(OpusDtx.WherePreferred, false, false)]
    [InlineData(OpusDtx.Always, false, true)]
    public void The_peers_word_counts_where_the_option_says_so(OpusDtx dtx, bool peerPrefers, bool leavesOut) =>
        Assert.Equal(
            leavesOut, new OpusOptions { Dtx = dtx }.LeavesOutSilence(OpusFormat.Parse(peerPrefers ? "usedtx=1" : "useinbandfec=1")));

    public void Dispose() => _path.Dispose();

    private static OneWayPath Open(OpusDtx dtx)
    {
        var path = new OneWayPath(AudioCodec.Pcmu, AudioCodec.Opus, new MediaEngineOptions { Opus = new() { Dtx = dtx } });
        path.Open();
        return path;
    }

    private void Talk(int frames, bool isSilent)
    {
        var (samples, payload) = (new short[160], new byte[160]);
        for (var n = 0; n < frames; n++)
        {
            if (!isSilent)
                _speech.Fill(samples);
            G711.EncodeUlaw(samples, payload);
            _path.Receive(payload, _sequence++, _timestamp);
            _timestamp += 160;
            _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(20));
        }
    }
}
