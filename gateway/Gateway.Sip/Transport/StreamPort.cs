using Gateway.Sip.Messages;

namespace Gateway.Sip.Transport;

/// <summary>A TCP or TLS stream, cut into messages by Content-Length (RFC 3261 §18.3).</summary>
internal sealed class StreamPort(Stream stream) : IMessagePort
{
    private readonly SipStreamFramer _framer = new();

    public SipParseFault Fault => _framer.Fault;

    public async ValueTask<bool> ReceiveAsync(CancellationToken stop)
    {
        var count = await stream.ReadAsync(_framer.GetMemory(), stop);
        _framer.Advance(count);
        return count > 0;
    }

    public SipFrameKind TryRead(out ReadOnlyMemory<byte> frame) => _framer.TryRead(out frame);

    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken stop) => stream.WriteAsync(message, stop);

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
