using Media.Engine.Codecs;
using Media.Engine.Legs;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;

namespace Media.Engine.Bridge;

/// <summary>
/// What the peer of one leg says, as samples in real time: losses are concealed, and where nothing arrives there is silence. It keeps an
/// order and a time line of its own, so that it needs no other leg and does not touch what is bridged.
/// </summary>
internal sealed class MessageRecorder : IDisposable
{
    /// <summary>Nothing for so long is a pause of the sender: silence is written.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>Silence stays this far behind, so that what comes next finds its place free: see <see cref="PlayoutTimeline"/>.</summary>
    private const int LagMs = 60;

    private const int LongestPacketMs = 120;

    private readonly MediaLeg _from;
    private readonly AudioRecordingOptions _options;
    private readonly IRecordingSink _sink;
    private readonly OpusImplementation _opus;
    private readonly Instant _started;
    private readonly JitterBuffer _order;
    private readonly PlayoutTimeline _line = new();
    private readonly short[] _pcm = new short[16 * LongestPacketMs];
    private readonly short[] _doubled = new short[16 * LongestPacketMs];
    private readonly double _silentPower;
    private AudioDecoder? _decoder;
    private Instant _lastHeard;
    private bool _isHeard;
    private int _packetMs = 20;
    private long _written;
    private int _quiet;
    private short _last;

    public MessageRecorder(MediaLeg from, AudioRecordingOptions options, IRecordingSink sink, MediaEngineOptions engine, Instant now)
    {
        (_from, _options, _sink, _started, _lastHeard) = (from, options, sink, now, now);
        _opus = engine.Opus.Implementation;
        _order = new JitterBuffer(new JitterBufferOptions { Window = engine.ReorderWindow, MaxReordering = 2 });
        _silentPower = Math.Pow(10, options.SilenceDb / 10) * short.MaxValue * short.MaxValue;
        NextDeadline = now + Pause;
    }

    /// <summary>Ended: nothing is taken any more.</summary>
    public bool IsOver { get; private set; }

    public Instant NextDeadline { get; private set; }

    /// <summary>A packet of the peer's, as the leg received it.</summary>
    public void Hear(in RtpPacketReader packet, Instant now)
    {
        if (!IsOver && _order.Push(packet, now))
            Drain(now);
    }

    /// <summary>A key of the peer's.</summary>
    public void HandleKey(char key)
    {
        if (_options.EndKeys.Contains(key, StringComparison.Ordinal))
            End(RecordingEnd.Key);
    }

    public void HandleDeadline(Instant now)
    {
        if (IsOver || now < NextDeadline)
            return;
        Drain(now);
        if (IsOver || now - _lastHeard < Pause)
            return;
        Silence(_isHeard ? _line.BeginGenerated(now) : (int)(Milliseconds(now - _started) - WrittenMs - LagMs));
        NextDeadline = Instant.Min(_order.NextDeadline, now + Pause);
    }

    public void End(RecordingEnd reason)
    {
        if (IsOver)
            return;
        IsOver = true;
        NextDeadline = Instant.Never;
        _sink.Complete(reason);
    }

    public void Dispose() => _decoder?.Dispose();

    private long WrittenMs => _written * 1000 / _options.SampleRate;

    private void Drain(Instant now)
    {
        while (!IsOver && _order.TryPop(now, out var item))
        {
            if (item.Kind == JitterItemKind.Lost)
                MakeUpFor(item);
            else if (_from.TryGetCodec(item.PayloadType, out var codec))
                Take(item, codec, now);
        }
        if (!IsOver)
            NextDeadline = Instant.Min(_order.NextDeadline, _lastHeard + Pause > now ? _lastHeard + Pause : now + Pause);
    }

    private void Take(in JitterItem item, AudioCodec codec, Instant now)
    {
        if (!_isHeard)
            Silence((int)(Milliseconds(now - _started) - WrittenMs));
        if (item.IsRestart || _decoder?.Codec.ClockRate() != codec.ClockRate())
            _line.Rebase();
        if (item.IsRestart)
            _decoder?.Reset();
        Prepare(codec);
        (_isHeard, _lastHeard) = (true, now);
        var hasPlace = _line.TryPlace(item.Timestamp, codec.ClockRate(), now, out var gap);
        Silence(gap);
        var samples = _pcm.AsSpan(0, _decoder!.Decode(item.Payload, _pcm));
        if (!hasPlace)
            return; // it only keeps the decoder in step
        if (samples.IsEmpty)
            Conceal(default, _packetMs);
        else
            Append(samples, _packetMs = samples.Length * 1000 / _decoder.Rate);
    }

    /// <summary>As the bridge does: see <see cref="AudioPath"/>.</summary>
    private void MakeUpFor(in JitterItem item)
    {
        if (_decoder is not { } decoder)
            return;
        var room = _line.RoomBefore(item.NextTimestamp, decoder.Codec.ClockRate());
        var isLast = item.Missing == 1;
        if (room < (isLast ? 1 : 2 * _packetMs))
            return;
        var milliseconds = Math.Min(_packetMs, room);
        if (isLast)
            Silence(room - milliseconds);
        Conceal(_from.TryGetCodec(item.PayloadType, out var next) && next == decoder.Codec ? item.Payload : default, milliseconds);
    }

    private void Conceal(ReadOnlySpan<byte> next, int milliseconds)
    {
        var samples = _pcm.AsSpan(0, milliseconds * _decoder!.Rate / 1000);
        _decoder.Conceal(next, samples);
        Append(samples, milliseconds);
    }

    private void Silence(int milliseconds)
    {
        for (; milliseconds > 0 && !IsOver; milliseconds -= LongestPacketMs)
        {
            var part = Math.Min(milliseconds, LongestPacketMs);
            var samples = _doubled.AsSpan(0, part * _options.SampleRate / 1000);
            samples.Clear();
            Write(samples, part);
        }
    }

    private void Prepare(AudioCodec codec)
    {
        if (_decoder?.Codec == codec)
            return;
        _decoder?.Dispose();
        _decoder = new AudioDecoder(codec, codec is AudioCodec.Pcmu or AudioCodec.Pcma ? 8000 : _options.SampleRate, _opus);
    }

    /// <summary>Brings the samples to the file's rate: between two of 8 kHz lies their mean.</summary>
    private void Append(ReadOnlySpan<short> samples, int milliseconds)
    {
        if (_decoder!.Rate == _options.SampleRate)
        {
            Write(samples, milliseconds);
            return;
        }
        for (var i = 0; i < samples.Length; i++)
        {
            _doubled[2 * i] = (short)((_last + samples[i]) / 2);
            _doubled[2 * i + 1] = _last = samples[i];
        }
        Write(_doubled.AsSpan(0, 2 * samples.Length), milliseconds);
    }

    private void Write(ReadOnlySpan<short> samples, int milliseconds)
    {
        if (IsOver)
            return;
        _line.Write(milliseconds);
        _written += samples.Length;
        if (!_sink.TryWrite(samples))
            End(RecordingEnd.WriterTooSlow);
        double power = 0;
        foreach (var sample in samples)
            power += (double)sample * sample;
        _quiet = power < _silentPower * samples.Length ? _quiet + milliseconds : 0;
        if (_quiet >= _options.EndSilence?.TotalMilliseconds)
            End(RecordingEnd.Silence);
        if (WrittenMs >= Milliseconds(_options.MaxLength))
            End(RecordingEnd.Length);
    }

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;
}
