using System.Buffers.Binary;

namespace Media.Protocols.Stun;

/// <summary>Walks the attributes of a message whose header has been checked; stops before whatever does not fit.</summary>
/// <param name="message">All of it.</param>
/// <param name="headerLength">Bytes before the first attribute.</param>
internal ref struct StunAttributeWalk(ReadOnlySpan<byte> message, int headerLength)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _next = headerLength;

    /// <summary>Every byte belonged to an attribute.</summary>
    public readonly bool IsComplete => _next == _message.Length;

    /// <param name="type">The attribute's type, known or not.</param>
    /// <param name="value">Without padding.</param>
    /// <param name="offset">The position of its header in the message.</param>
    public bool TryNext(out int type, out ReadOnlySpan<byte> value, out int offset)
    {
        offset = _next;
        type = 0;
        value = default;
        if (_message.Length - _next < 4)
            return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(_message[(_next + 2)..]);
        var padded = (length + 3) & ~3;
        if (_message.Length - _next - 4 < padded)
            return false;
        type = BinaryPrimitives.ReadUInt16BigEndian(_message[_next..]);
        value = _message.Slice(_next + 4, length);
        _next += 4 + padded;
        return true;
    }
}
