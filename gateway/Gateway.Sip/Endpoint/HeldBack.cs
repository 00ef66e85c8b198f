using Gateway.Sip.Transactions;

namespace Gateway.Sip.Endpoint;

/// <summary>The requests that a closed gate has kept from leaving. Everything but <see cref="IsEmpty"/> is called on the loop.</summary>
internal sealed class HeldBack
{
    /// <summary>The pause after which the loop looks at the gate again.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly HashSet<long> _requests = [];
    private TaskCompletionSource? _sent;
    private volatile bool _isEmpty = true;

    public bool IsEmpty => _isEmpty;

    /// <summary>Completes when none is left.</summary>
    public Task Sent => IsEmpty ? Task.CompletedTask : (_sent ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Responses are not among them: their requests come again.</summary>
    public void Add(in SipTransmit transmit)
    {
        if (!transmit.IsResponse && transmit.Transaction != 0 && _requests.Add(transmit.Transaction))
            _isEmpty = false;
    }

    /// <summary>All of them, to be sent now.</summary>
    public long[] Take()
    {
        long[] taken = [.. _requests];
        _requests.Clear();
        _isEmpty = true;
        return taken;
    }

    /// <summary>What was taken has left, or never will.</summary>
    public void NoteSent()
    {
        if (!IsEmpty)
            return;
        _sent?.SetResult();
        _sent = null;
    }
}
