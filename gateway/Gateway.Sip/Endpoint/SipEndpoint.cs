using System.Net;
using System.Threading.Channels;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Resolution;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// A SIP user agent with its listeners and trunks. One loop owns all protocol state; every public member may be called from any thread.
/// </summary>
public sealed partial class SipEndpoint : IAsyncDisposable
{
    /// <summary>For new calls, for requests inside calls and for their ends, each.</summary>
    private const int MaxServerTransactions = 20_000;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly Channel<SipCall> _incoming = Channel.CreateBounded<SipCall>(256);
    private readonly Channel<PhoneChange> _phoneChanges = Channel.CreateBounded<PhoneChange>(
        new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly SipEndpointOptions _options;
    private readonly IEntropy _entropy;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ISipDnsClient _dns;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TrunkRuntimes? _trunks;
    private SipTransports? _transports;
    private readonly ISendGate? _gate;
    private readonly ISipTap? _tap;
    private SipMetrics? _metrics;
    private SipLoop? _loop;

    /// <param name="options">Checked at <see cref="StartAsync"/>.</param>
    /// <param name="entropy">For tags, branches and nonces; used from several threads.</param>
    /// <param name="time">For every timer.</param>
    /// <param name="loggers">State changes at Debug, trunks at Information.</param>
    /// <param name="dns">Null asks the name servers of this host.</param>
    /// <param name="gate">Null: nothing ever keeps this process from sending.</param>
    /// <param name="tap">Null: nobody looks at messages, which costs nothing.</param>
    public SipEndpoint(
        SipEndpointOptions options, IEntropy entropy, TimeProvider time, ILoggerFactory loggers, ISipDnsClient? dns = null,
        ISendGate? gate = null, ISipTap? tap = null)
    {
        _options = options;
        _entropy = entropy;
        _time = time;
        _gate = gate;
        _tap = tap;
        _logger = loggers.CreateLogger<SipEndpoint>();
        _dns = dns ?? DnsClient.CreateDefault(entropy, time);
    }

    /// <summary>New calls from known trunks. When the reader falls 256 calls behind, further INVITEs are answered 503.</summary>
    public ChannelReader<SipCall> IncomingCalls => _incoming.Reader;

    /// <summary>
    /// The news of registered phones. A reader that falls 4096 behind loses the oldest; <see cref="ContactsOf"/> is always right.
    /// </summary>
    public ChannelReader<PhoneChange> PhoneChanges => _phoneChanges.Reader;

    /// <summary>Users with at least one contact, in no order.</summary>
    public IReadOnlyList<string> RegisteredUsers => _loop?.Registrar?.Registrar.Contacts.Users ?? [];

    /// <summary>The listeners as bound (port 0 resolved), in the order of the options; empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<SipListenerOptions> Listeners { get; private set; } = [];

    /// <summary>Completes once <see cref="StartAsync"/> has.</summary>
    public Task Started => _started.Task;

    /// <summary>Calls that are not over, both directions.</summary>
    public int ActiveCalls => _loop?.ActiveCalls ?? 0;

    /// <summary>Open TCP, TLS and WebSocket connections.</summary>
    public int Connections => _transports?.Connections ?? 0;

    /// <summary>The reason why no TCP or TLS connection can be accepted at the moment; null while all is well.</summary>
    public string? Fault => _transports?.Fault;

    /// <summary>Our certificates by name ("server", or the trunk's), and when each runs out (UTC).</summary>
    public IEnumerable<(string Name, DateTime NotAfter)> CertificateExpiries => _transports?.CertificateExpiries ?? [];

    /// <summary>Takes certificate files that have changed now, and not only when they are next looked at.</summary>
    public void ReloadCertificates() => _transports?.ReloadCertificates();

    /// <summary>Binds the listeners, loads certificates, starts keepalives and registrations.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">A listener cannot be bound; one for WebSockets: <see cref="IOException"/>.
    /// </exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate cannot be read.</exception>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.Trunks.Select(trunk => trunk.Name).Distinct().Count() != _options.Trunks.Count)
            throw new ArgumentException("Trunk names must be unique.");
        if (_options.Trunks.Count(trunk => trunk.Registrar is not null) > 1)
            throw new ArgumentException("Only one trunk can have a registrar.");
        var inbox = Channel.CreateBounded<EndpointInput>(
            new BoundedChannelOptions(_options.Limits.MaxPendingMessages) { SingleReader = true });
        _trunks = new TrunkRuntimes(
            [.. _options.Trunks.Select(options => new Trunk(options, _entropy))], new SipResolver(_dns, _entropy),
            action => _loop!.PostAsync(action), _time, _logger, _stop.Token);
        var trunks = _trunks.Set;
        TransactionContext? transactions = null;
        _metrics = new SipMetrics(
            () => ActiveCalls, () => Connections, drop => transactions?.CountOf(drop) ?? 0,
            () => _loop?.Agent.Registrar);
        _transports = new SipTransports(_options, trunks, inbox.Writer, _metrics, _time, _logger);
        var local = await _transports.BindAsync(_options.Listeners, cancellationToken);
        Listeners = [.. _options.Listeners.Select((listener, i) => listener with { Bind = local[i].Address.ToIPEndPoint() })];

        transactions = new TransactionContext(
            local, _entropy, TransactionTimers.Default, _options.Limits.MaxDatagramBytes, MaxServerTransactions);
        var agent = new UserAgent(
            transactions, trunks, _options.Product, _options.MaxCalls, _options.RetryAfter);
        _loop = new SipLoop(agent, _transports, _trunks, inbox, _incoming.Writer, _time, _logger)
        {
            Registrar = CreateRegistrar(agent),
            Edge = CreateEdge(agent),
            Gate = _gate,
            Tap = _tap is { } tap ? new SipTapFeed(tap, local) : null,
        };
        _loop.Start();
        await _trunks.ResolveFirstAsync(_trunks.Current, agent, cancellationToken);
        await _loop.PostAsync(now => _trunks.Start(agent, now));
        _started.TrySetResult();
    }

    /// <summary>
    /// Takes other trunks, certificates and limits. Calls in progress keep their trunk and their connections. Everything is read and
    /// checked first; with any fault nothing is changed. One reload at a time: a second one waits for the first.
    /// </summary>
    /// <param name="reload">What is to be in force.</param>
    /// <param name="inForce">Called on the endpoint's loop in the moment of the change.</param>
    /// <param name="cancellation">Ends the waiting for the addresses of new servers; then nothing is changed.</param>
    /// <returns>The faults, a sentence each; empty: it is in force.</returns>
    /// <exception cref="InvalidOperationException">The endpoint was not started.</exception>
    public async Task<IReadOnlyList<string>> ReloadAsync(SipReload reload, Action inForce, CancellationToken cancellation)
    {
        if (_loop is not { } loop || _trunks is not { } trunks || _transports is not { } transports)
            throw new InvalidOperationException("The SIP endpoint was not started.");
        await _reloading.WaitAsync(cancellation);
        try
        {
            TrunkRuntime[] kept = [.. trunks.Current.Where(trunk => reload.Kept.Contains(trunk.Trunk.Options.Name))];
            TrunkOptions[] all = [.. kept.Select(trunk => trunk.Trunk.Options), .. reload.Changed];
            if (TlsMaterial.TryLoad(reload.Tls, all, transports.Tls, _time.GetUtcNow(), out var faults) is not { } tls)
                return faults;
            TrunkRuntime[] added = [.. reload.Changed.Select(options => new TrunkRuntime(new Trunk(options, _entropy)))];
            await trunks.ResolveFirstAsync(added, loop.Agent, cancellation);
            await loop.PostAsync(now =>
            {
                (transports.Tls, loop.Agent.MaxCalls) = (tls, reload.MaxCalls);
                trunks.Replace([.. kept, .. added], loop.Agent, now);
                loop.Watches.EndReplaced(trunks.Set.Current, now);
                inForce();
            });
            return [];
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Places a call. Returns at once; what follows is in <see cref="SipCall.Events"/>.</summary>
    /// <exception cref="InvalidOperationException">The endpoint was not started.</exception>
    public SipCall Invite(SipInviteRequest request)
    {
        var loop = _loop ?? throw new InvalidOperationException("The SIP endpoint was not started.");
        if (_trunks!.Set.Find(request.Trunk) is not { } trunk)
            return FailedCall(request, 404, "No such trunk");
        if (trunk.Phones is not null)
        {
            if (FindContact(request) is not { } contact)
                return FailedCall(request, 480, "Not registered");
            request = request with { Phone = contact };
        }
        var session = loop.Agent.CreateCall(trunk, request);
        _tap?.Begin(session.Info, request.Correlation);
        if (!loop.TryBegin(session, out var call))
            call.Fail(new SipCallEvent.Failed(503, "The endpoint is behind or stopped", null));
        return call;
    }

    /// <summary>
    /// Goes on with an answered call of another process, which sends nothing more. The peer learns where it is now by an offer of ours
    /// (<see cref="SipCall.OfferAsync"/>). Null: there is no such trunk, no way to its peer, or the endpoint is behind or stopped.
    /// </summary>
    public SipCall? Resume(SipSessionSnapshot saved) =>
        _loop is { } loop && loop.Agent.CreateResumed(saved) is { } session && loop.TryBegin(session, out var call) ? call : null;

    /// <summary>
    /// Sends the BYE of a call whose process has died; waits for the start of this endpoint. False: there is no such trunk, or no way to
    /// its peer.
    /// </summary>
    /// <exception cref="OperationCanceledException">The endpoint stopped.</exception>
    public async Task<bool> EndDialogAsync(SipDialogSnapshot snapshot, SipReason? reason)
    {
        await _started.Task.WaitAsync(_stop.Token);
        var sent = false;
        await _loop!.PostAsync(now => sent = _loop.Agent.TryEndDialog(snapshot, reason, now));
        return sent;
    }

    /// <summary>
    /// The user's registered phones, the preferred first; of equals the newest. Those of other nodes (<see cref="OtherContacts"/>) come
    /// last.
    /// </summary>
    public IReadOnlyList<RegisteredContact> ContactsOf(string user) =>
        RegisteredContact.Merge(OwnContactsOf(user), OtherContacts?.Invoke(user) ?? []);

    /// <summary>The user's phones at other nodes, as <see cref="Reach"/> makes them; asked from any thread. Null: there are none.</summary>
    public Func<string, IReadOnlyList<RegisteredContact>>? OtherContacts { get; set; }

    /// <summary>This node as others of the cluster reach it; null: it has no edge for them, or was not started.</summary>
    public EdgeAddress? Edge => _loop?.Edge?.Address;

    /// <summary>The user's phones that are registered here, as other nodes reach them; empty where there is no edge.</summary>
    public IReadOnlyList<SharedContact> SharedContactsOf(string user) =>
        _loop?.Edge is { } edge ? [.. OwnContactsOf(user).Select(edge.Share)] : [];

    /// <summary>
    /// A contact of another node as calls of this one ring it; null: it cannot be read, or no listener leads to that node.
    /// </summary>
    public RegisteredContact? Reach(string user, string node, SharedContact contact) => _loop?.Edge?.Reach(user, node, contact);

    /// <summary>The addresses of the other nodes: calls of no others reach the phones here.</summary>
    public void SetNodes(IEnumerable<IPAddress> nodes) => Phones?.SetNodes(nodes);

    /// <summary>
    /// Watches an extension of a trunk's PBX by its dialog event package (RFC 4235). Returns at once; the states follow in the handle.
    /// </summary>
    /// <exception cref="InvalidOperationException">The endpoint was not started.</exception>
    public ExtensionWatch Watch(string trunk, string extension)
    {
        var loop = _loop ?? throw new InvalidOperationException("The SIP endpoint was not started.");
        var watch = new ExtensionWatch(trunk, extension, given => _ = loop.PostAsync(now => loop.Watches.End(given, now)));
        if (_stop.IsCancellationRequested || FindTrunk(trunk) is not { } known)
            watch.Complete();
        else
            _ = loop.PostAsync(now => loop.Watches.Begin(known.Trunk, watch, now));
        return watch;
    }

    /// <summary>
    /// Sends a text to a user of a trunk's PBX, or to each registered phone of a user, outside calls (MESSAGE, RFC 3428). Returns the final
    /// status, of several phones the lowest: 404 for an unknown trunk, 408 without an answer, 480 where no phone is registered, 503 where
    /// no server can be reached or this endpoint stops, 513 for more than <see cref="TextMessage.MaxBytes"/> of UTF-8.
    /// </summary>
    /// <exception cref="InvalidOperationException">The endpoint was not started.</exception>
    public async Task<int> SendMessageAsync(string trunk, string user, string text)
    {
        var loop = _loop ?? throw new InvalidOperationException("The SIP endpoint was not started.");
        if (FindTrunk(trunk) is not { } known)
            return 404;
        if (known.Trunk.Phones is null)
            return await SendMessageAsync(loop, known.Trunk, user, text, null);
        var statuses = await Task.WhenAll(
            ContactsOf(user).Select(phone => SendMessageAsync(
                loop, known.Trunk, user, text, new TextTarget(phone.Flow, phone.Uri, phone.Path))));
        return statuses.DefaultIfEmpty(480).Min();
    }

    /// <returns>Null for an unknown trunk.</returns>
    public TrunkHealth? GetTrunkHealth(string trunk) => FindTrunk(trunk)?.Health;

    /// <summary>From now on new INVITEs and OPTIONS are answered 503 with Retry-After; existing calls go on.</summary>
    public void Drain()
    {
        if (_loop is { } loop)
            loop.Agent.IsDraining = true;
    }

    /// <summary>
    /// Ends every call (<see cref="SipCallEnd.Stopped"/>, BYE or CANCEL sent), unregisters and closes the sockets; takes at most a few
    /// seconds.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await (_trunks?.Idle ?? Task.CompletedTask);
        if (_loop is not null)
            await _loop.StopAsync(StopTimeout);
        _incoming.Writer.TryComplete();
        _phoneChanges.Writer.TryComplete();
        if (_transports is not null)
            await _transports.DisposeAsync();
        _metrics?.Dispose();
        _stop.Dispose();
        _reloading.Dispose();
    }

    private async Task<int> SendMessageAsync(SipLoop loop, Trunk trunk, string user, string text, TextTarget? target)
    {
        var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var message = new TextMessage(loop.Agent.Core, trunk, user, text, status => done.TrySetResult(status)) { Target = target };
            await loop.PostAsync(message.Send).WaitAsync(_stop.Token);
            return await done.Task.WaitAsync(_stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return 503;
        }
    }

    private RegistrarRuntime? CreateRegistrar(UserAgent agent)
    {
        if (agent.Registrar is not { } registrar)
            return null;
        var options = _options.Trunks.First(trunk => trunk.Registrar is not null).Registrar!;
        return new RegistrarRuntime(registrar, options, _phoneChanges.Writer, _time, _logger, _stop.Token);
    }

    private EdgeRuntime? CreateEdge(UserAgent agent) =>
        Phones is { } phones && _options.Trunks.First(trunk => trunk.Registrar is not null).Registrar!.Edge is { } edge
            ? new EdgeRuntime(edge, phones, agent.Layer, _transports!.IsOpen, _time) : null;

    /// <summary>The contact that was asked for, as it is now; else the preferred one. Null: it is gone, or there is none.</summary>
    private RegisteredContact? FindContact(SipInviteRequest request)
    {
        foreach (var contact in ContactsOf(request.Phone?.User ?? request.TargetUser))
        {
            if (request.Phone is not { } asked
                || (contact.Flow == asked.Flow && contact.Uri == asked.Uri && contact.Instance == asked.Instance))
                return contact;
        }
        return null;
    }

    private IReadOnlyList<RegisteredContact> OwnContactsOf(string user) => _loop?.Registrar?.Registrar.Contacts.Of(user) ?? [];

    private RegisteredFlows? Phones => _trunks?.Set.Current.FirstOrDefault(trunk => trunk.Phones is not null)?.Phones;

    private TrunkRuntime? FindTrunk(string name) => _trunks?.Find(name);

    private SipCall FailedCall(SipInviteRequest request, int status, string phrase)
    {
        var call = new SipCall(new SipCallInfo
        {
            CallId = _entropy.NextHex(32),
            Direction = SipCallDirection.Outgoing,
            Trunk = request.Trunk,
            From = request.Caller,
            To = new SipParty(request.TargetUser),
            TargetUser = request.TargetUser,
        });
        call.Fail(new SipCallEvent.Failed(status, phrase, null));
        return call;
    }
}
