namespace Gateway.Sip.Messages;

/// <summary>The kind of frame that <see cref="SipStreamFramer.TryRead"/> found.</summary>
public enum SipFrameKind
{
    /// <summary>Nothing complete yet: append more.</summary>
    None,
    /// <summary>A whole message, for <see cref="SipParser"/>.</summary>
    Message,
    /// <summary>CRLF CRLF: the peer expects a CRLF back (RFC 5626 §3.5.1).</summary>
    Ping,
    /// <summary>CRLF: the answer to a ping of ours, or a stray line end.</summary>
    Pong,
    /// <summary>
    /// The stream cannot be cut into messages any more; close the connection. <see cref="SipStreamFramer.Fault"/> says why.
    /// </summary>
    Broken,
}

/// <summary>
/// Cuts a TCP or TLS byte stream into messages by Content-Length (RFC 3261 §18.3). Holds at most one message over the limits of <see
/// cref="SipLimits"/>; after <see cref="SipFrameKind.Broken"/> it stays broken. Not thread-safe: one reader per connection.
/// </summary>
public sealed class SipStreamFramer
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private int _scanned;

    public SipParseFault Fault { get; private set; }

    /// <summary>Bytes held that are not part of a delivered frame. A peer that leaves some for long is stalling.</summary>
    public int Pending => _end - _start;

    /// <summary>
    /// The buffer to receive into next: at least <paramref name="minimum"/> bytes. Invalidates the frames read before. Follow with <see
    /// cref="Advance"/>.
    /// </summary>
    public Memory<byte> GetMemory(int minimum = 2048)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_buffer.Length - _end < minimum)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _end + minimum));
        return _buffer.AsMemory(_end);
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _end);
        _end += count;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetMemory(Math.Max(bytes.Length, 1)).Span);
        Advance(bytes.Length);
    }

    /// <summary>
    /// Call until it answers None or Broken. <paramref name="frame"/> is valid until the next <see cref="GetMemory"/> or <see
    /// cref="Append"/>.
    /// </summary>
    public SipFrameKind TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        if (Fault != SipParseFault.None)
            return SipFrameKind.Broken;
        var pending = _buffer.AsSpan(_start, Pending);
        if (pending.StartsWith("\r\n\r\n"u8))
            return Skip(4, SipFrameKind.Ping);
        if (pending.StartsWith("\r\n"u8) && !(pending.Length == 3 && pending[2] == '\r'))
            return Skip(2, SipFrameKind.Pong);
        if (pending.Length < 3 || pending[0] == '\r')
            return pending.Length >= 2 && pending[0] == '\r' && pending[1] != '\n' ? Break(SipParseFault.BadStartLine) : SipFrameKind.None;

        var head = FindEndOfHeaders(pending);
        if (head < 0)
            return pending.Length > SipLimits.MaxHeaderBytes ? Break(SipParseFault.TooLarge) : SipFrameKind.None;
        if (head > SipLimits.MaxHeaderBytes)
            return Break(SipParseFault.TooLarge);
        var fault = SipContentLength.Find(pending[..head], out var bodyLength);
        if (fault != SipParseFault.None)
            return Break(fault);
        var length = head + 4 + bodyLength;
        if (length > SipLimits.MaxMessageBytes)
            return Break(SipParseFault.TooLarge);
        if (pending.Length < length)
            return SipFrameKind.None;
        frame = _buffer.AsMemory(_start, length);
        return Skip(length, SipFrameKind.Message);
    }

    private SipFrameKind Skip(int count, SipFrameKind kind)
    {
        _start += count;
        _scanned = 0;
        return kind;
    }

    private SipFrameKind Break(SipParseFault fault)
    {
        Fault = fault;
        return SipFrameKind.Broken;
    }

    /// <summary>Remembers how far it looked, so that a peer that sends byte by byte costs linear time.</summary>
    private int FindEndOfHeaders(ReadOnlySpan<byte> pending)
    {
        var from = Math.Max(0, _scanned - 3);
        var at = pending[from..].IndexOf("\r\n\r\n"u8);
        _scanned = at < 0 ? pending.Length : from + at;
        return at < 0 ? -1 : from + at;
    }
}
