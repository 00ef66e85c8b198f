using System.Diagnostics.CodeAnalysis;
using Media.Engine.Codecs;
using Media.Protocols.Sdp;

namespace Media.Engine.Audio;

/// <summary>The packets that a listener takes: of one codec, one packet time, and Opus as its peer asks for it.</summary>
internal readonly record struct ClipFormat(AudioCodec Codec, int PacketMs, OpusFormat Opus)
{
    /// <summary>Samples per second: all that the codec can carry.</summary>
    public int Rate => Codec is AudioCodec.Pcmu or AudioCodec.Pcma ? 8000 : 16000;
}

/// <summary>
/// A clip as packets of one format. Each is encoded once, when its first listener is to hear it, and kept for all who come after; G.711 is
/// a look-up for each sample and is done anew. The last packet is filled up with silence. Belongs to one loop.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The encoder ends with the last packet; before it, with its handle.")]
internal sealed class ClipPackets
{
    private const int BlockBytes = 16 * 1024;

    /// <summary>Of a packet; Opus never makes a longer one (RFC 6716 §3.2.1).</summary>
    private const int MaxPacket = 1275;

    private readonly AudioClip _clip;
    private readonly short[] _last;
    private readonly AudioEncoder _encoder;
    private readonly Memory<byte>[] _packets;
    private Memory<byte> _free;
    private int _encoded;

    public ClipPackets(AudioClip clip, ClipFormat format, OpusOptions options)
    {
        (_clip, Format) = (clip, format);
        _last = new short[format.Rate * format.PacketMs / 1000];
        Count = (clip.Samples(format.Rate).Length + _last.Length - 1) / _last.Length;
        _encoder = new AudioEncoder(format.Codec, format.Rate, options, format.Opus);
        _packets = IsKept ? new Memory<byte>[Count] : [];
    }

    public ClipFormat Format { get; }

    public int Count { get; }

    /// <summary>Memory that the packets take so far.</summary>
    public long Bytes { get; private set; }

    private bool IsKept => Format.Codec is not (AudioCodec.Pcmu or AudioCodec.Pcma);

    /// <summary>Encodes up to a packet; to be called for one after the other, so that it costs its listener one frame at most.</summary>
    public void Prepare(int index)
    {
        for (; IsKept && _encoded <= index; _encoded++)
            Encode(_encoded);
    }

    /// <summary>Writes a packet that is prepared.</summary>
    /// <returns>Bytes written; 0: the codec refused, or there is no room.</returns>
    public int Write(int index, Span<byte> payload)
    {
        if (!IsKept)
            return _last.Length > payload.Length ? 0 : _encoder.Encode(Frame(index), payload);
        var packet = _packets[index].Span;
        return packet.TryCopyTo(payload) ? packet.Length : 0;
    }

    private void Encode(int index)
    {
        if (_free.Length < MaxPacket)
        {
            _free = new byte[BlockBytes];
            Bytes += BlockBytes;
        }
        var length = _encoder.Encode(Frame(index), _free.Span[..MaxPacket]);
        (_packets[index], _free) = (_free[..length], _free[length..]);
        if (index == Count - 1)
            _encoder.Dispose();
    }

    private ReadOnlySpan<short> Frame(int index)
    {
        var left = _clip.Samples(Format.Rate)[(index * _last.Length)..];
        if (left.Length >= _last.Length)
            return left[.._last.Length];
        left.CopyTo(_last);
        _last.AsSpan(left.Length).Clear();
        return _last;
    }
}
