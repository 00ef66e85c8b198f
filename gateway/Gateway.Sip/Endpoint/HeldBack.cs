using Gateway.Sip.Transactions;

namespace Gateway.Sip.Endpoint;

/// <summary>The requests that a closed gate has kept from leaving.</summary>
internal sealed class HeldBack
{
    /// <summary>The pause after which the loop looks at the gate again.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly HashSet<long> _requests = [];

    public bool IsEmpty => _requests.Count == 0;

    /// <summary>Responses are not among them: their requests come again.</summary>
    public void Add(in SipTransmit transmit)
    {
        if (!transmit.IsResponse && transmit.Transaction != 0)
            _requests.Add(transmit.Transaction);
    }

    /// <summary>All of them, to be sent now.</summary>
    public long[] Take()
    {
        long[] taken = [.. _requests];
        _requests.Clear();
        return taken;
    }
}
