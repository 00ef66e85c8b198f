using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Gateway.Calls.Agents;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Registrar;
using Gateway.Storage.Agents;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Agents;

/// <summary>
/// The registered phones of the cluster: those of this node, which it publishes to the others by Redis, and those that the others publish.
/// While Redis is unavailable all go by what they know; registering never waits for it.
/// </summary>
internal sealed partial class SharedPhones(
    GatewayOptions options, SipEndpoint sip, RegisteredPhoneStore store, TimeProvider time, ILogger<SharedPhones> logger)
    : BackgroundService
{
    /// <summary>Users in one script.</summary>
    private const int AtOnce = 500;

    private const int MaxChanges = 4096;

    private readonly Channel<PhoneChange> _changes = Channel.CreateBounded<PhoneChange>(
        new BoundedChannelOptions(MaxChanges) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly InstantClock _clock = new(time);
    private readonly PhonesOfOthers _others = new(sip.Reach);

    /// <summary>Sorts behind those of the process before this one.</summary>
    private readonly string _epoch = time.GetUtcNow().UtcTicks.ToString("x16", CultureInfo.InvariantCulture);

    private readonly HashSet<string> _changed = [];
    private string _address = "";
    private long _versions;

    /// <summary>Of what Redis has of this node; empty: it is to get all.</summary>
    private string _version = "";

    /// <summary>Redis had nothing of this node then: it began or was emptied, and other nodes have their lease to publish again.</summary>
    private Instant _lostAt;
    private bool _isUnavailable;

    /// <summary>
    /// The news of registered phones: those of this node, and what another node takes with it when it goes. What the endpoint knows of a
    /// user is always right.
    /// </summary>
    public ChannelReader<PhoneChange> Changes => _changes.Reader;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await sip.Started.WaitAsync(stoppingToken);
        if (sip.Edge is not { } edge)
        {
            await foreach (var change in sip.PhoneChanges.ReadAllAsync(stoppingToken))
                _changes.Writer.TryWrite(change);
            return;
        }
        _address = edge.EndPoint.ToString();
        sip.OtherContacts = user => _others.Of(user, _clock.Now);
        try
        {
            await Task.WhenAll(PublishAsync(stoppingToken), FollowAsync(stoppingToken));
        }
        finally
        {
            // The others need not wait until the lease has run out.
            await TryAsync(() => store.ChangeAsync(Next() with { Address = "" }, "", []).WaitAsync(options.Storage.AgentsTimeout, time));
        }
    }

    private async Task PublishAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(AgentLeases.Renewal, time);
        var tick = Task.FromResult(true);
        var news = sip.PhoneChanges.WaitToReadAsync(cancellation).AsTask();
        while (true)
        {
            for (var read = 0; sip.PhoneChanges.TryRead(out var change); read++)
            {
                _changed.Add(change.User);
                _changes.Writer.TryWrite(change);
                if (read >= MaxChanges)
                    _version = ""; // some may have been lost
            }
            if (tick.IsCompleted)
            {
                await TryAsync(KeepAsync);
                tick = timer.WaitForNextTickAsync(cancellation).AsTask();
            }
            await TryAsync(PublishAsync);
            await Task.WhenAny(news, tick);
            if (news.IsCompleted && !await news)
                return; // the endpoint is over
            if (news.IsCompleted)
                news = sip.PhoneChanges.WaitToReadAsync(cancellation).AsTask();
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Publishes what has changed, or all where Redis does not have what came before.</summary>
    private async Task PublishAsync()
    {
        var before = _version;
        if (before.Length > 0 && _changed.Count == 0)
            return;
        _version = ""; // until Redis has it
        string[] users = before.Length > 0 ? [.. _changed] : [.. sip.RegisteredUsers];
        foreach (var some in users.Length > 0 ? users.Chunk(AtOnce) : [users])
        {
            var next = Next();
            if (!await store.ChangeAsync(next, before, [.. some.Select(user => KeyValuePair.Create(user, Write(user)))])
                .WaitAsync(options.Storage.AgentsTimeout, time))
                return;
            before = next.Version;
        }
        _version = before;
        _changed.Clear();
    }

    /// <summary>Renews this node's lease, and looks for nodes that are new, have changed unseen, or have gone.</summary>
    private async Task KeepAsync()
    {
        var nodes = await store.KeepAsync(options.Node.Id, _version).WaitAsync(options.Storage.AgentsTimeout, time);
        if (!nodes.Any(node => node.Node == options.Node.Id && node.Version == _version))
            (_version, _lostAt) = ("", _clock.Now);
        PhonesNode[] others = [.. nodes.Where(node => node.Node != options.Node.Id)];
        foreach (var node in others.Except(_others.Nodes))
            await ReadAsync(node);
        if (_clock.Now - _lostAt >= RegisteredPhoneStore.Lease)
            Lose(_others.Keep(others));
        Know();
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await TryAsync(async () =>
            {
                await foreach (var change in store.ChangesAsync(cancellation))
                {
                    if (change.Node.Node != options.Node.Id)
                        await TakeAsync(change);
                }
            });
            await Task.Delay(AgentLeases.Renewal, time, cancellation);
        }
    }

    private async Task TakeAsync(PhonesChange change)
    {
        if (change.Node.Address.Length == 0)
            Lose(_others.Drop(change.Node.Node));
        else if (_others.TryTake(change))
            Know();
        else
            await TryAsync(() => ReadAsync(change.Node));
    }

    private void Lose(IReadOnlyList<string> users)
    {
        foreach (var user in users)
            _changes.Writer.TryWrite(new PhoneChange(user, PhoneChangeKind.Gone, 0));
    }

    private async Task ReadAsync(PhonesNode node)
    {
        if (await store.FindAsync(node.Node).WaitAsync(options.Storage.AgentsTimeout, time) is { } phones)
            _others.Replace(node, phones);
    }

    /// <summary>The endpoint takes calls to phones of this node from these nodes only.</summary>
    private void Know() => sip.SetNodes(
        _others.Nodes.Select(node => IPEndPoint.TryParse(node.Address, out var at) ? at.Address : null).OfType<IPAddress>());

    private PhonesNode Next() => new(
        options.Node.Id, string.Create(CultureInfo.InvariantCulture, $"{_epoch}.{++_versions:x16}"), _address);

    private string Write(string user) =>
        sip.SharedContactsOf(user) is { Count: > 0 } contacts ? JsonSerializer.Serialize(contacts, JsonSerializerOptions.Web) : "";

    /// <summary>What fails is done again with the next renewal.</summary>
    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
            if (_isUnavailable)
                LogBack();
            _isUnavailable = false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!_isUnavailable)
                LogUnavailable(e);
            _isUnavailable = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The registered phones cannot be shared with other nodes: calls ring those that are known")]
    private partial void LogUnavailable(Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "The registered phones are shared with other nodes again")]
    private partial void LogBack();
}
