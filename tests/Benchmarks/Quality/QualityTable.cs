using Media.Engine.Codecs;
using Media.Engine.Tests.Peers;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Benchmarks.Quality;

/// <summary>
/// The quality that a listener hears of an Opus stream impaired by a network, after the path to a PBX in PCMU: in virtual time, one minute
/// a row, with the plain libopus decoder on the same packets beside it.
/// </summary>
internal static class QualityTable
{
    private const int Frames = 3000;

    public static void Print()
    {
        var speech = new SpeechStream(Frames);
        Console.WriteLine("Share of 20 ms speech frames below 3 dB SNR against the loss-free decode, 60 s a row, Opus -> PCMU.");
        Console.WriteLine(
            "drift: RTP clock sent against the sender's clock. moved: how much later the last frame is heard than the first. delay: " +
            "added on the way.");
        Console.WriteLine(
            $"{"",-30} {"plain libopus",14} {"faithful",9} {"drift",9} {"moved",9} {"delay p99",10} {"adaptive",11} {"drift",9} " +
            $"{"moved",9} {"delay p99",10}");
        foreach (var row in Impairment.All)
        {
            var delays = row.Delays(Frames);
            var plain = SpeechMatch.BadPercent(speech.Reference, PlainDecoder.Decode(speech.Packets, delays, row.IsTimed), out _);
            var faithful = Run(speech, row, delays, null);
            var adaptive = Run(speech, row, delays, new AdaptivePlayout(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)));
            Console.WriteLine($"{row.Name,-30} {plain,12:F2} % {Show(faithful)}   {Show(adaptive)}");
        }
    }

    private static string Show(Heard heard) =>
        $"{heard.BadPercent,7:F2} % {heard.DriftMs,6:F0} ms {heard.MovedMs,6:F0} ms {heard.DelayP99Ms,7:F0} ms";

    private static Heard Run(SpeechStream speech, Impairment row, double?[] delays, AdaptivePlayout? playout)
    {
        using var path = new OneWayPath(AudioCodec.Opus, AudioCodec.Pcmu, playout: playout);
        path.Open();
        var start = path.Clock.Now + TimeSpan.FromSeconds(1);
        var arrivals = Enumerable.Range(0, delays.Length).Where(n => delays[n] is not null)
            .Select(n => (At: start + TimeSpan.FromMilliseconds(n * 20 / (1 + row.SkewPpm / 1e6) + delays[n]!.Value), Number: n))
            .OrderBy(arrival => arrival.At);
        foreach (var (at, n) in arrivals)
        {
            path.AdvanceTo(at);
            path.Receive(speech.Packets[n], (ushort)(n + 1), (uint)(n * 960 + 4711));
        }
        path.AdvanceTo(path.Clock.Now + TimeSpan.FromMilliseconds(300));
        return Judge(speech, row, path.Sent, start);
    }

    private static Heard Judge(SpeechStream speech, Impairment row, List<SentPacket> sent, Instant start)
    {
        var first = sent.Find(packet => packet.At >= start);
        var end = start + TimeSpan.FromMilliseconds(Frames * 20 / (1 + row.SkewPpm / 1e6));
        var heard = new short[sent[^1].Timestamp.DistanceFrom(first.Timestamp) + SpeechStream.FrameSamples];
        var sentAt = new Instant[heard.Length / SpeechStream.FrameSamples + 1];
        foreach (var packet in sent)
        {
            var at = packet.Timestamp.DistanceFrom(first.Timestamp);
            if (at < 0 || at + SpeechStream.FrameSamples > heard.Length)
                continue;
            G711.DecodeUlaw(packet.Payload, heard.AsSpan(at, SpeechStream.FrameSamples));
            sentAt[at / SpeechStream.FrameSamples] = packet.At;
        }
        var bad = SpeechMatch.BadPercent(speech.Reference, heard, out var found);
        var places = Enumerable.Range(0, Frames).Where(n => found[n] >= 0).ToArray();
        var delays = places.Select(n => (sentAt[found[n] / SpeechStream.FrameSamples] - start).TotalMilliseconds - Made(n))
            .Order().ToArray();
        var driftMs = Ahead(end - TimeSpan.FromSeconds(2)) - Ahead(start);
        var moved = found[places[^1]] - places[^1] * SpeechStream.FrameSamples - (found[places[0]] - places[0] * SpeechStream.FrameSamples);
        return new Heard(bad, driftMs, moved / 8.0, delays[delays.Length * 99 / 100]);

        // The median over two seconds of packets: the lead of their time over the sender's, up to a constant.
        double Ahead(Instant from)
        {
            var ahead = sent.Where(packet => packet.At >= from && packet.At < from + TimeSpan.FromSeconds(2))
                .Select(packet =>
                    packet.Timestamp.DistanceFrom(first.Timestamp) / 8.0 - (packet.At - start).TotalMilliseconds * (1 + row.SkewPpm / 1e6))
                .Order().ToArray();
            return ahead[ahead.Length / 2];
        }

        double Made(int frame) => frame * 20 / (1 + row.SkewPpm / 1e6);
    }

    private readonly record struct Heard(double BadPercent, double DriftMs, double MovedMs, double DelayP99Ms);
}
