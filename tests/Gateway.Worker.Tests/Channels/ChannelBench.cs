using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Sandbox;
using Testing;

namespace Gateway.Worker.Tests.Channels;

/// <summary>A bench whose business number is its own, so that an admin's changes affect no other test; with that admin.</summary>
internal sealed class ChannelBench : IAsyncDisposable
{
    private static int _last;

    private readonly HttpClient _control = new(new SocketsHttpHandler { UseProxy = false });

    private readonly NpgsqlDataSource _database;

    private ChannelBench(CallBench calls, ChannelId id, string postgres) =>
        (Calls, Id, _database) = (calls, id, NpgsqlDataSource.Create(postgres));

    public CallBench Calls { get; }

    public ChannelId Id { get; }

    /// <summary>The admin's connection: a gateway has no right to change routes.</summary>
    public ChannelStore Store => new(_database, TimeProvider.System);

    /// <param name="stores">Real ones.</param>
    /// <param name="displayNumber">The business number; one of the United Kingdom by default.</param>
    /// <param name="gateways">The number of nodes that have it.</param>
    /// <param name="timers">WhatsApp's clocks.</param>
    /// <param name="interval">The interval at which Meta's settings are read; a second by default.</param>
    /// <param name="carrier">Adds a trunk "carrier" to the telephone network.</param>
    public static async Task<ChannelBench> StartAsync(
        Stores stores, string? displayNumber = null, int gateways = 1, Func<SandboxTimers, SandboxTimers>? timers = null,
        TimeSpan? interval = null, bool carrier = false)
    {
        var own = $"{Environment.ProcessId % 10_000:0000}{Interlocked.Increment(ref _last):000}";
        var calls = await CallBench.StartAsync(
            stores, options => options with
            {
                WhatsApp = options.WhatsApp with { SettingsInterval = interval ?? TimeSpan.FromSeconds(1) },
                Sip = carrier ? options.Sip with { Trunks = [.. options.Sip.Trunks, Carrier(options.Sip.Trunks[0])] } : options.Sip,
            },
            timers: timers, gateways: gateways,
            number: number => number with { PhoneNumberId = "2002" + own, DisplayNumber = displayNumber ?? "44780" + own });
        return new ChannelBench(calls, new ChannelId("2002" + own), stores.Postgres);
    }

    public async Task<StoredChannel> ReadAsync() => (await Store.FindAsync(Id, CancellationToken.None))!;

    public Task<StoredChannel> UntilAsync(Func<StoredChannel, bool> wanted, string what) =>
        Eventually.SeeAsync(
            ReadAsync, wanted, what, channel => Storage.JsonText.Of(new { channel.Facts.Meta, channel.Facts.Restrictions, channel.Sync })!);

    /// <summary>An admin saves a change, which is pushed to Meta unless the number is not managed.</summary>
    public async Task ChangeAsync(Func<ChannelSettings, ChannelSettings> change, bool isManaged = true)
    {
        var version = (await ReadAsync()).Facts.Settings.Version;
        Assert.IsType<ChannelChange.Done>(await Store.ChangeAsync(
            Id, version, "key:test", "channel.update", channel => new(change(channel.Facts.Settings) with { IsManaged = isManaged }, []),
            CancellationToken.None));
    }

    /// <summary>Waits until Meta has the newest version.</summary>
    public Task<StoredChannel> PushedAsync() =>
        UntilAsync(channel => channel.Sync.PushedVersion == channel.Facts.Settings.Version, "the newest version is at Meta");

    /// <summary>Calls the emulated WhatsApp's control API for this number.</summary>
    public async Task MetaAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(
            method, $"{Calls.WhatsApp.Url}/sandbox/numbers/{Id}{path}") { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await _control.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Somebody changes the number in Meta's own tools.</summary>
    public Task ChangeAtMetaAsync(object calling) => MetaAsync(HttpMethod.Post, "/settings", new { calling });

    public JsonObject MetaSettings() => Calls.WhatsApp.Number.Settings();

    public async Task<IReadOnlyList<string>> EventsAsync()
    {
        await using var connection = await Calls.Gateway.Service<NpgsqlDataSource>().OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            "SELECT kind FROM events WHERE channel = @id AND kind <> 'channel.updated' ORDER BY id", new { id = Id.Value })];
    }

    private static TrunkConfiguration Carrier(TrunkConfiguration trunk) =>
        trunk with { Name = "carrier", Server = "127.0.0.66:5080", KeepAlive = TimeSpan.Zero, Pstn = true };

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        await Calls.DisposeAsync();
        await _database.DisposeAsync();
    }
}
