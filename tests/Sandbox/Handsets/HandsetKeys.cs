using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Sandbox.Handsets;

/// <summary>The keys of a handset, as telephone-events (RFC 4733): those it presses, and those it receives.</summary>
internal sealed class HandsetKeys
{
    private static readonly TimeSpan Press = TimeSpan.FromMilliseconds(100);

    private readonly TelephoneEventReader _in = new(8000, 48000);
    private readonly TelephoneEventWriter _out = new(8000, 48000);
    private readonly List<char> _received = [];
    private TaskCompletionSource? _sent;

    public string Received => string.Concat(_received);

    /// <summary>True while a key is being sent: its packets take the place of audio.</summary>
    public bool IsActive => _out.IsActive;

    public Instant NextReadDeadline => _in.NextDeadline;

    public Instant NextWriteDeadline => _out.NextDeadline;

    /// <summary>Queues keys; completes when the last one was sent, or the call is over.</summary>
    /// <exception cref="HandsetException">One of them is no key.</exception>
    public Task SendAsync(string digits)
    {
        foreach (var digit in digits)
            if (!_out.TryEnqueue(digit, Press))
                throw new HandsetException($"'{digit}' cannot be pressed.");
        _sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _sent.Task;
    }

    public void Handle(in RtpPacketReader packet, Instant now)
    {
        _in.Handle(packet, now);
        TakeReceived();
    }

    public void HandleDeadline(Instant now)
    {
        _in.HandleDeadline(now);
        TakeReceived();
    }

    /// <summary>Writes the next event packet into <paramref name="payload"/>; false: nothing is due.</summary>
    public bool TryPollTransmit(Span<byte> payload, Instant now, RtpTimestamp timestamp, out TelephoneEventHeader header)
    {
        if (_out.TryPollTransmit(payload, now, timestamp, out header))
            return true;
        if (!_out.IsActive)
            End();
        return false;
    }

    /// <summary>The call is over: whoever waits for keys to be sent waits no longer.</summary>
    public void End()
    {
        _sent?.SetResult();
        _sent = null;
    }

    private void TakeReceived()
    {
        while (_in.TryPollEvent(out var key))
            if (key.Phase == TelephoneEventPhase.Released)
                _received.Add(key.Digit);
    }
}
