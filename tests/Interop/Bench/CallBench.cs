using Interop.Asterisk;
using Npgsql;
using Sandbox.Calls;
using Sandbox.Control;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>An emulated WhatsApp, the gateway, and Asterisk: everything of a real installation except the network.</summary>
public abstract class CallBench(Stores stores) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
    private NpgsqlDataSource _database = null!;
    private AsteriskServer? _asterisk;

    public GatewayUnderTest Gateway { get; } = new();

    public WhatsApp WhatsApp { get; private set; } = null!;

    public AsteriskServer Asterisk => _asterisk!;

    /// <summary>Certificate and key of both sides, in one PEM file.</summary>
    protected string Certificate => Path.Combine(_folder, "bench.pem");

    protected abstract GatewaySettings Settings { get; }

    /// <summary>Null: a bench without Asterisk.</summary>
    protected abstract AsteriskOptions? PbxOptions { get; }

    protected virtual Sandbox.SandboxTimers Timers => new();

    /// <summary>The address to which WhatsApp sends its webhooks.</summary>
    protected virtual string WebhookUrl => Gateway.WebhookUrl;

    protected NpgsqlDataSource Database => _database;

    public virtual async Task InitializeAsync()
    {
        SelfSignedCertificate.Write(Certificate);
        _database = NpgsqlDataSource.Create(stores.Postgres);
        if (PbxOptions is { } pbx)
            _asterisk = await AsteriskServer.StartAsync(pbx with { Certificate = Certificate });
        WhatsApp = await WhatsApp.StartAsync(Settings.Channels, WebhookUrl, Timers);
        await Gateway.StartAsync(Settings, WhatsApp.Url + "/", stores, Certificate);
    }

    public virtual async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        if (WhatsApp is not null)
            await WhatsApp.DisposeAsync();
        if (_asterisk is not null)
            await _asterisk.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Waits until Asterisk hears this tone from the user for half a second more.</summary>
    public async Task PbxHearsAsync(UserCall call, string service, double hertz = UserCall.Hertz)
    {
        var before = Asterisk.Heard(call.User, service, hertz).ToneBlocks;
        try
        {
            await Eventually.SeeAsync(
                () => Asterisk.Heard(call.User, service, hertz).ToneBlocks >= before + 5,
                $"Asterisk hears {hertz} Hz in {call.User}-{service}");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException(e.Message + "\n" + Asterisk.Log());
        }
    }

    /// <summary>
    /// Asserts what holds of every call once it is over: nothing is left live on any side, WhatsApp was never renegotiated with and refused
    /// nothing, and PostgreSQL has a record with this cause.
    /// </summary>
    public async Task<CallRow> EndsWithAsync(UserCall call, string cause)
    {
        var view = await call.UntilEndedAsync();
        AssertOneNegotiation(view);
        return await EndsWithAsync(call.User, cause);
    }

    /// <summary>The same for a call that WhatsApp itself never saw.</summary>
    public async Task<CallRow> EndsWithAsync(string user, string cause)
    {
        var row = await RecordedAsync(user, cause);
        await NothingIsLiveAsync();
        return row;
    }

    /// <summary>PostgreSQL has a completed record of this user's call, with this cause.</summary>
    public async Task<CallRow> RecordedAsync(string user, string cause)
    {
        var row = await Eventually.SeeAsync(
            () => CallRow.FindAsync(_database, user), found => found is { HasEnded: true }, $"a completed record of {user}");
        Assert.Equal(cause, row!.Cause);
        return row;
    }

    /// <summary>
    /// For races: the call is over at WhatsApp and has a record with one of these causes. A terminate may have met a call that was over.
    /// </summary>
    public async Task OneOfAsync(UserCall call, params string[] causes)
    {
        var view = await call.UntilEndedAsync();
        Assert.DoesNotContain(
            view.Timeline, entry => entry is { Kind: "graph", What: "connect" or "pre_accept" } && entry.Detail != "200" && !IsOver(entry));
        var row = await Eventually.SeeAsync(
            () => CallRow.FindAsync(_database, call.User), found => found is { HasEnded: true }, $"a completed record of {call.User}");
        Assert.Contains(row!.Cause, causes);
    }

    private static bool IsOver(TimelineEntry entry) => entry.Detail.Contains("already completed", StringComparison.Ordinal);

    /// <summary>Ends the calls that a failed test has left.</summary>
    public virtual async Task ClearAsync()
    {
        foreach (var left in await WhatsApp.CallsAsync("?live=true"))
            await new UserCall(WhatsApp, left.Id, left.User).HangUpAsync();
        if (_asterisk is not null && (await Asterisk.ChannelsAsync()).Count > 0)
            await Asterisk.ConsoleAsync("channel request hangup all");
        await NothingIsLiveAsync();
    }

    public async Task NothingIsLiveAsync()
    {
        await Eventually.SeeAsync(() => WhatsApp.CallsAsync("?live=true"), calls =>
            calls.Count == 0, "no live call at WhatsApp", calls => string.Join('\n', calls.Select(UserCall.Describe)));
        if (Gateway.IsRunning)
            await Eventually.SeeAsync(() => Gateway.MetricAsync("gateway_calls_active"), live => live == 0, "no live call in the gateway");
        if (_asterisk is not null)
            await Eventually.SeeAsync(
                Asterisk.ChannelsAsync, channels => channels.Count == 0, "no channel in Asterisk", channels => string.Join(' ', channels));
    }

    /// <summary>The whatsapp leg has one offer, one answer and at most one accept, and Meta refused no request of the gateway.</summary>
    public static void AssertOneNegotiation(CallView call)
    {
        var actions = call.Timeline.Where(entry => entry.Kind == "graph").ToList();
        Assert.True(actions.All(action => action.Detail == "200"), UserCall.Describe(call));
        // The sandbox refuses an accept whose SDP differs from pre_accept's, and a second one of either; none was refused, so they were
        // equal.
        foreach (var action in new[] { "connect", "pre_accept", "accept", "reject", "terminate" })
            Assert.True(actions.Count(entry => entry.What == action) <= 1, UserCall.Describe(call));
        if (call.Inbound && actions.Any(entry => entry.What == "accept"))
            Assert.Contains(actions, entry => entry.What == "pre_accept");
        Assert.True(call.Timeline.Count(entry => entry is { Kind: "webhook", What: "connect" }) <= 1, UserCall.Describe(call));
    }
}
