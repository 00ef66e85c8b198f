namespace Media.Engine.Audio;

/// <summary>
/// The clips of one loop as packets: those played last are kept, up to a limit. What is dropped goes on for those who hear it, and is
/// encoded anew for the next. Belongs to one loop, so that no packet waits for a lock.
/// </summary>
/// <param name="options">How Opus is encoded.</param>
/// <param name="maxBytes">Of packets that are kept: 32 MB are three hours and a half of Opus at 20 kbit/s.</param>
/// <param name="maxClips">Clips that are kept, in any format: each holds its samples too.</param>
internal sealed class ClipCache(OpusOptions options, long maxBytes = 32 << 20, int maxClips = 64)
{
    private readonly Dictionary<(AudioClip, ClipFormat), LinkedListNode<Entry>> _known = [];
    private readonly LinkedList<Entry> _byUse = []; // the last used first

    private sealed record Entry(AudioClip Clip, ClipPackets Packets);

    public int Count => _byUse.Count;

    /// <summary>To be asked each time a clip begins.</summary>
    public ClipPackets Get(AudioClip clip, ClipFormat format)
    {
        if (_known.TryGetValue((clip, format), out var node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
        }
        else
        {
            node = _byUse.AddFirst(new Entry(clip, new ClipPackets(clip, format, options)));
            _known.Add((clip, format), node);
        }
        Trim();
        return node.Value.Packets;
    }

    private void Trim()
    {
        long bytes = 0;
        foreach (var entry in _byUse)
            bytes += entry.Packets.Bytes;
        while ((bytes > maxBytes || _byUse.Count > maxClips) && _byUse.Last is { } last && last != _byUse.First)
        {
            bytes -= last.Value.Packets.Bytes;
            _known.Remove((last.Value.Clip, last.Value.Packets.Format));
            _byUse.RemoveLast();
        }
    }
}
