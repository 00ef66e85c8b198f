using Dapper;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tests.Channels;
using Npgsql;
using Sandbox;
using Sandbox.Users;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Permissions;

/// <summary>A bench with a business number of its own, the gateway's knowledge of its users, and an operator.</summary>
internal sealed class PermissionBench : IAsyncDisposable
{
    private readonly ChannelBench _channel;
    private readonly ConnectionMultiplexer _redis;

    private PermissionBench(ChannelBench channel, ConnectionMultiplexer redis) => (_channel, _redis) = (channel, redis);

    public CallBench Calls => _channel.Calls;

    public WhatsAppSide WhatsApp => Calls.WhatsApp;

    public Pbx Pbx => Calls.Pbx;

    public ChannelId Channel => _channel.Id;

    public ContactStore Contacts => Calls.Gateway.Service<ContactStore>();

    /// <summary>Sends an operator's commands to the nodes.</summary>
    public NodeCommands Commands => new(_redis);

    public static async Task<PermissionBench> StartAsync(
        Stores stores, bool asks = false, PermissionTemplate? template = null, Func<SandboxTimers, SandboxTimers>? timers = null,
        int gateways = 1)
    {
        var channel = await ChannelBench.StartAsync(stores, gateways: gateways, timers: timers);
        var bench = new PermissionBench(channel, await ConnectionMultiplexer.ConnectAsync(stores.Redis));
        await bench.SetAsync(settings => settings with { AsksPermission = asks, PermissionText = "May we call you?", Template = template });
        return bench;
    }

    public Task SetAsync(Func<ChannelSettings, ChannelSettings> change) => _channel.ChangeAsync(change);

    public Task ChangeAtMetaAsync(object calling) => _channel.ChangeAtMetaAsync(calling);

    /// <summary>A user who lets the phone ring and has permitted nothing.</summary>
    public SandboxUser User(AutoMode auto = AutoMode.Manual) => WhatsApp.User(auto, permits: false);

    /// <summary>A user who writes first, so that permission may be requested.</summary>
    public async Task<SandboxUser> UserWhoWroteAsync()
    {
        var user = User();
        WhatsApp.Write(user);
        await KnownAsync(user, contact => contact.Permission.WindowUntil is not null, "a window is open");
        return user;
    }

    public Task<Contact?> FindAsync(SandboxUser user) => Contacts.FindAsync(Channel, Identity(user), CancellationToken.None);

    public async Task<Contact> KnownAsync(SandboxUser user, Func<Contact, bool> wanted, string what) => (await Eventually.SeeAsync(
        () => FindAsync(user), contact => contact is not null && wanted(contact), what, contact => $"{contact?.Permission}"))!;

    public Task<Contact> StateAsync(SandboxUser user, PermissionState state) =>
        KnownAsync(
            user, contact => PermissionRules.StateAt(contact.Permission, DateTimeOffset.UtcNow) == state, $"the permission is {state}");

    /// <summary>The final refusal of an agent's call: its status, reason phrase and headers.</summary>
    public async Task<(string Line, string? Refusal, string? Permission)> DialRefusedAsync(SandboxUser user)
    {
        var response = (await SipProbe.InviteAsync(Calls.Gateway.SipPort, "+" + user.Phone)).Split("\r\n");
        string? Header(string name) =>
            response.FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];
        return (response[0]["SIP/2.0 ".Length..], Header("X-WhatsApp-Refusal"), Header("X-WhatsApp-Permission"));
    }

    public Task<CommandReply> AskAsync(SandboxUser user) =>
        Commands.AskPermissionAsync(new NodeCommand.AskPermission(Channel, Identity(user), "key:test"), CancellationToken.None);

    public async Task<IReadOnlyList<string>> EventsAsync(SandboxUser user)
    {
        var contact = await FindAsync(user);
        await using var connection = await Calls.Gateway.Service<NpgsqlDataSource>().OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            "SELECT kind FROM events WHERE contact = @id AND kind NOT LIKE 'call.%' ORDER BY id", new { id = contact!.Id })];
    }

    public static WhatsAppUser Identity(SandboxUser user) => new(user.Phone, user.UserId);

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        _redis.Dispose();
    }
}
