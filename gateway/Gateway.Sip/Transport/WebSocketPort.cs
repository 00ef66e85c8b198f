using System.Net.WebSockets;
using System.Text.Unicode;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Transport;

/// <summary>
/// A WebSocket: each of its messages, text or binary, is one SIP message, with or without Content-Length, or line ends (RFC 7118 §5).
/// </summary>
internal sealed class WebSocketPort(WebSocket socket) : IMessagePort
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private byte[] _buffer = new byte[4096];
    private int _length;
    private bool _isTaken = true;

    public SipParseFault Fault { get; private set; }

    public async ValueTask<bool> ReceiveAsync(CancellationToken stop)
    {
        (_length, _isTaken) = (0, false);
        try
        {
            while (true)
            {
                if (_length == _buffer.Length)
                    Array.Resize(ref _buffer, _buffer.Length * 2);
                var received = await socket.ReceiveAsync(_buffer.AsMemory(_length), stop);
                if (received.MessageType == WebSocketMessageType.Close)
                    return false;
                _length += received.Count;
                if (_length > SipLimits.MaxMessageBytes)
                    Fault = SipParseFault.TooLarge;
                if (received.EndOfMessage || Fault != SipParseFault.None)
                    return true;
            }
        }
        catch (WebSocketException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public SipFrameKind TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        if (Fault != SipParseFault.None)
            return SipFrameKind.Broken;
        if (_isTaken)
            return SipFrameKind.None;
        _isTaken = true;
        frame = _buffer.AsMemory(0, _length);
        if (frame.Span.ContainsAnyExcept((byte)'\r', (byte)'\n'))
            return SipFrameKind.Message;
        return frame.Span.SequenceEqual("\r\n\r\n"u8) ? SipFrameKind.Ping : SipFrameKind.Pong;
    }

    /// <summary>As text where it is text, which is what browsers' phones expect.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken stop)
    {
        var type = Utf8.IsValid(message.Span) ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        try
        {
            await socket.SendAsync(message, type, endOfMessage: true, stop);
        }
        catch (WebSocketException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(
                    Fault == SipParseFault.TooLarge ? WebSocketCloseStatus.MessageTooBig : WebSocketCloseStatus.NormalClosure, null,
                    timeout.Token);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // it is gone already
        }
        socket.Dispose();
    }
}
