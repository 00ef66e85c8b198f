using Media.Engine.Audio;
using Media.Engine.Legs;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Bridge;

/// <summary>A listener's place in the list of clips that is played to it.</summary>
internal sealed class ClipPlayer(MediaLeg to, Transcoder transcoder, ClipCache cache)
{
    private Playlist? _list;
    private int _clip;
    private ClipPackets? _packets; // null: the list is over
    private int _next;

    /// <summary>Something else was heard: whatever list is played next begins at its beginning.</summary>
    public void Stop() => _list = null;

    /// <summary>Sends the next packet. False: the list is over, and nothing was sent.</summary>
    /// <param name="list">Another one than the last time begins at its beginning.</param>
    /// <param name="now">The time.</param>
    public bool TrySend(Playlist list, Instant now)
    {
        if (list != _list)
            Begin(list, 0);
        else if (_packets is { } current && current.Format != Format)
            Begin(list, _clip); // rare, and to go on in the middle would mean to encode all before it at once
        if (_packets is not { } packets)
            return false;
        transcoder.SendPacket(packets, _next++, now);
        if (_next == packets.Count)
            Begin(list, list.After(_clip));
        return true;
    }

    private ClipFormat Format
    {
        get
        {
            var codec = to.Sending.Codec;
            return new(codec, to.PacketTime, codec == AudioCodec.Opus ? to.Opus : default);
        }
    }

    private void Begin(Playlist list, int? clip)
    {
        (_list, _clip, _next) = (list, clip ?? 0, 0);
        _packets = clip is { } index ? cache.Get(list[index], Format) : null;
    }
}
