using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Bridge;

/// <summary>Fills the listener's frames with one peer's audio as <see cref="AdaptivePlayout"/> decides.</summary>
internal sealed class AdaptivePlayer(MediaLeg from, Transcoder transcoder, MediaCounters counters)
{
    private int _packetMs = 20;
    private double _loudest;
    private bool _isQuiet;
    private Instant _played = new(long.MinValue / 2);

    /// <summary>The peer is heard, or was within <paramref name="silence"/>.</summary>
    public bool IsHeard(TimeSpan silence, Instant now) => from.Incoming.Count > 0 || now - _played < silence;

    /// <summary>Fills and sends one frame. The transcoder is prepared.</summary>
    public void Play(AdaptivePlayout playout, int frameMs, Instant now)
    {
        while (transcoder.Pending < frameMs)
            Step(playout, frameMs, now);
        if (from.Incoming.IsNextHeld && playout.TryShorten(_isQuiet, now))
        {
            Step(playout, frameMs, now);
            transcoder.Merge(frameMs);
        }
        transcoder.SendFrame(now);
    }

    /// <summary>Nobody hears the peer: what it sends is dropped.</summary>
    public void Drop(AdaptivePlayout playout)
    {
        playout.Stop();
        while (from.Incoming.TryTake(out _))
        {
        }
    }

    /// <summary>After a stall packets come faster than they are played: what fills the buffer is older than the longest delay.</summary>
    public void MakeRoom(AdaptivePlayout playout)
    {
        while (from.Incoming.Count == JitterBuffer.Capacity && from.Incoming.TryTake(out var item))
        {
            playout.Stop();
            if (item.Kind == JitterItemKind.Lost || !from.TryGetCodec(item.PayloadType, out var codec))
                continue;
            from.Count(PlayoutOutcome.Discarded);
            if (codec == transcoder.Source)
                transcoder.Discard(item.Payload);
        }
    }

    private void Step(AdaptivePlayout playout, int frameMs, Instant now)
    {
        var rate = from.Incoming.Count > 0 && from.TryGetCodec(from.Incoming.HeadPayloadType, out var codec) ? codec.ClockRate() : 0;
        switch (playout.Next(from.Incoming, rate, frameMs, _isQuiet, now))
        {
            case PlayoutStep.Silence:
                transcoder.Append(frameMs);
                _isQuiet = true;
                break;
            case PlayoutStep.Conceal or PlayoutStep.Insert:
                transcoder.AppendConcealment(default, frameMs);
                break;
            case PlayoutStep.Take when from.Incoming.TryTake(out var item):
                Take(playout, item, now);
                break;
            case PlayoutStep.Discard when from.Incoming.TryTake(out var item):
                from.TryGetCodec(item.PayloadType, out codec);
                transcoder.Prepare(codec);
                playout.Skip(transcoder.Discard(item.Payload));
                from.Count(PlayoutOutcome.Discarded);
                break;
        }
    }

    private void Take(AdaptivePlayout playout, in JitterItem item, Instant now)
    {
        if (!from.TryGetCodec(item.PayloadType, out var codec))
            return; // telephone-events were read at arrival; comfort noise is silence
        if (item.Kind == JitterItemKind.Lost)
        {
            Conceal(playout, item, codec, now);
            return;
        }
        if (item.IsRestart)
            transcoder.Reset();
        transcoder.Prepare(codec);
        _played = now;
        var milliseconds = transcoder.Append(item.Payload);
        if (milliseconds == 0)
        {
            counters.DecodeErrors++;
            from.Count(PlayoutOutcome.Concealed);
            transcoder.AppendConcealment(default, milliseconds = _packetMs);
        }
        playout.Write(_packetMs = milliseconds);
        Measure(transcoder.MeanSquare(milliseconds));
    }

    private void Conceal(AdaptivePlayout playout, in JitterItem item, AudioCodec codec, Instant now)
    {
        var milliseconds = playout.RoomFor(item, codec.ClockRate(), _packetMs, now);
        var isRecovered = milliseconds > 0
            && transcoder.AppendConcealment(codec == transcoder.Source ? item.Payload : default, milliseconds);
        from.Count(isRecovered ? PlayoutOutcome.Recovered : PlayoutOutcome.Concealed); // its time was filled, if not now then before
        if (milliseconds > 0)
            playout.Write(milliseconds);
    }

    /// <summary>Quiet is what lies 26 dB below the loudest of the last ten seconds or so, or can hardly be heard at all.</summary>
    private void Measure(double meanSquare)
    {
        _loudest = Math.Max(meanSquare, _loudest * 0.998);
        _isQuiet = meanSquare < _loudest / 400 || meanSquare < 50 * 50;
    }
}
