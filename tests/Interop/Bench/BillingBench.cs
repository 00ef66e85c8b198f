using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// Channels that cost money, that request permission, that are disabled: each with a desk phone of its own (baresip) as its trunk, and
/// the admin API of its operator.
/// </summary>
public sealed class BillingBench(Stores stores) : CallBench(stores), IAsyncLifetime
{
    /// <summary>The lifetime of a temporary permission here.</summary>
    public static readonly TimeSpan Permitted = TimeSpan.FromSeconds(15);

    public static readonly BenchChannel Paying = new("15550006000", "paying") { Target = "agent" };
    public static readonly BenchChannel Running = new("15550006001", "running") { Target = "agent" };
    public static readonly BenchChannel Asking = new("15550006002", "asking") { Target = "agent" };
    public static readonly BenchChannel Toggled = new("15550006003", "toggled") { Target = "agent" };

    private static readonly BenchChannel[] All = [Paying, Running, Asking, Toggled];

    private readonly Stores _stores = stores;
    private readonly Dictionary<string, int> _ports = All.ToDictionary(channel => channel.Trunks[0], _ => LoopbackPorts.Take(2));

    public AdminClient Admin { get; private set; } = null!;

    protected override GatewaySettings Settings => new()
    {
        Channels = All,
        Trunks = [.. All.Select(channel => GatewaySettings.Trunk(
            channel.Trunks[0], _ports[channel.Trunks[0]], ("channel", channel.PhoneNumberId), ("profile", "generic"),
            ("keepAlive", "00:00:00")))],
        Calls = new JsonObject { ["pbxAnswer"] =
            "00:00:08", ["whatsAppAnswer"] = "00:00:08", ["holdSlice"] = "00:00:04", ["balanceWarning"] = "00:00:02" },
    };

    protected override AsteriskOptions? PbxOptions => null;

    protected override Sandbox.SandboxTimers Timers => new() { TemporaryPermission = Permitted };

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Admin = await AdminClient.StartAsync(_stores);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await Admin.DisposeAsync();
        await DisposeAsync();
    }

    public async Task<Baresip> PhoneAsync(BenchChannel channel, bool autoAnswer = true)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return await Baresip.StartAsync(new BaresipOptions { SipPort = _ports[channel.Trunks[0]], AutoAnswer = autoAnswer }, timeout.Token);
    }

    public async Task DialAsync(Baresip phone, string user) =>
        await CommandAsync(phone, "dial", $"sip:+{user}@127.0.0.1:{Gateway.UdpPort}");

    /// <summary>The phone dials, is refused, and shows the reason.</summary>
    public async Task<string> DialRefusedAsync(Baresip phone, string user)
    {
        await DialAsync(phone, user);
        return (await SeesAsync(phone, "CALL_CLOSED")).GetProperty("param").GetString()!;
    }

    public static async Task CommandAsync(Baresip phone, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.CommandAsync(command, parameter, timeout.Token);
    }

    public static async Task<JsonElement> SeesAsync(Baresip phone, string happening)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return await phone.WaitForAsync(happening, timeout.Token);
    }
}
