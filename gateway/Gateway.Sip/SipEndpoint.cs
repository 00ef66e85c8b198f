using System.Threading.Channels;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip;

/// <summary>
/// A SIP user agent with its listeners and trunks. One loop owns all protocol state; every public member may be called from any thread.
/// </summary>
public sealed class SipEndpoint : IAsyncDisposable
{
    private readonly Channel<SipCall> _incoming = Channel.CreateBounded<SipCall>(256);
    private readonly SipEndpointOptions _options;

    public SipEndpoint(SipEndpointOptions options, IEntropy entropy, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(loggers);
        _options = options;
    }

    /// <summary>New calls from known trunks. When the reader falls 256 calls behind, further INVITEs are answered 503.</summary>
    public ChannelReader<SipCall> IncomingCalls => _incoming.Reader;

    /// <summary>The listeners as bound (port 0 resolved), in the order of the options; empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<SipListenerOptions> Listeners => _options.Listeners;

    /// <summary>Calls that are not over, both directions.</summary>
    public int ActiveCalls => _incoming.Reader.Count;

    /// <summary>Binds the listeners, loads certificates, starts keepalives and registrations.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">A listener cannot be bound.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate cannot be read.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Places a call. Returns at once; what follows is in <see cref="SipCall.Events"/>.</summary>
    public SipCall Invite(SipInviteRequest request) => throw new NotSupportedException();

    /// <returns>Null for an unknown trunk.</returns>
    public TrunkHealth? GetTrunkHealth(string trunk) => throw new NotSupportedException();

    /// <summary>From now on new INVITEs and OPTIONS are answered 503 with Retry-After; existing calls go on.</summary>
    public void Drain() => throw new NotSupportedException();

    /// <summary>Ends every call (<see cref="SipCallEnd.Stopped"/>, BYE or CANCEL sent), unregisters and closes the sockets; takes at most a few seconds.</summary>
    public ValueTask DisposeAsync()
    {
        _incoming.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
