using Media.Protocols.Primitives;

namespace Media.Protocols.Srtp;

/// <summary>The state of one SSRC in one direction: rollover and replay of RTP, replay of RTCP.</summary>
internal struct SrtpStream
{
    public Ssrc Ssrc;
    public ReplayWindow Rtp;
    public ReplayWindow Rtcp;
    public long LastUse;
}

/// <summary>
/// The SSRCs of one direction, at most <see cref="Capacity"/>. Looking one up changes nothing; only <see cref="Touch"/>, called for
/// authentic packets, adds one or counts as use.
/// </summary>
internal sealed class SrtpStreamTable
{
    /// <summary>
    /// One voice call has one SSRC a direction; transfers, restarts and changes of the clock rate bring more, one after another.
    /// </summary>
    public const int Capacity = 16;

    private readonly SrtpStream[] _streams = new SrtpStream[Capacity];
    private int _count;
    private long _uses;

    /// <summary>The stream whose RTP came last; an empty one when there is none.</summary>
    public SrtpStream Latest
    {
        get
        {
            var latest = default(SrtpStream);
            for (var i = 0; i < _count; i++)
                if (!_streams[i].Rtp.IsEmpty && _streams[i].LastUse > latest.LastUse)
                    latest = _streams[i];
            return latest;
        }
    }

    /// <summary>Copies the state of <paramref name="ssrc"/>; false, and an empty stream, when there is none.</summary>
    public bool TryFind(Ssrc ssrc, out SrtpStream stream)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_streams[i].Ssrc != ssrc)
                continue;
            stream = _streams[i];
            return true;
        }
        stream = default;
        return false;
    }

    /// <summary>
    /// The stream of <paramref name="ssrc"/>, added if new, in place of the one unused for longest when there is no room.
    /// </summary>
    public ref SrtpStream Touch(Ssrc ssrc)
    {
        ref var stream = ref FindOrAdd(ssrc);
        stream.LastUse = ++_uses;
        return ref stream;
    }

    private ref SrtpStream FindOrAdd(Ssrc ssrc)
    {
        var oldest = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_streams[i].Ssrc == ssrc)
                return ref _streams[i];
            if (_streams[i].LastUse < _streams[oldest].LastUse)
                oldest = i;
        }
        ref var stream = ref _streams[_count == Capacity ? oldest : _count++];
        stream = new SrtpStream { Ssrc = ssrc };
        return ref stream;
    }
}
