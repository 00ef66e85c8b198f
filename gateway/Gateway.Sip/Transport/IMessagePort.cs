using Gateway.Sip.Messages;

namespace Gateway.Sip.Transport;

/// <summary>An open connection that messages come from and go to. One reader and one writer at a time.</summary>
internal interface IMessagePort : IAsyncDisposable
{
    /// <summary>The reason for <see cref="SipFrameKind.Broken"/>.</summary>
    SipParseFault Fault { get; }

    /// <summary>Waits for bytes; false: the peer has closed. What was read before is no longer valid.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask<bool> ReceiveAsync(CancellationToken stop);

    /// <summary>Call after each <see cref="ReceiveAsync"/> until it answers None or Broken.</summary>
    SipFrameKind TryRead(out ReadOnlyMemory<byte> frame);

    /// <summary>Sends one message, or the line end that answers a ping.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken stop);
}
