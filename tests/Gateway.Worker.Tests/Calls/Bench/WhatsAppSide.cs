using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sandbox;
using Sandbox.Calls;
using Sandbox.Graph;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>The emulated WhatsApp in this process: its users, their calls, and the ways in which it misbehaves.</summary>
internal sealed class WhatsAppSide : IAsyncDisposable
{
    /// <summary>The tone that users send.</summary>
    public const double Hertz = 1000;

    private static int _lastUser;

    private readonly WebApplication _app;

    private WhatsAppSide(WebApplication app) => (_app, Url) = (app, app.Urls.Single());

    public string Url { get; }

    public BusinessNumber Number => Get<NumberStore>().Default;

    public Knobs Knobs
    {
        get => Get<KnobBox>().Current;
        set => Get<KnobBox>().Current = value;
    }

    public IEnumerable<SandboxCall> Calls => Get<CallHandler>().All;

    public static async Task<WhatsAppSide> StartAsync(SandboxOptions options)
    {
        var app = SandboxApp.Build(options, "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None");
        await app.StartAsync();
        return new WhatsAppSide(app);
    }

    public void Plan(PlannedFault fault) => Get<FaultPlan>().Add(fault);

    /// <summary>A new user who has permitted calls permanently and lets the phone ring, unless specified otherwise.</summary>
    public SandboxUser User(AutoMode auto = AutoMode.Manual, bool permits = true, string handset = "paper")
    {
        var user = Get<UserStore>().GetOrAdd($"4479{Interlocked.Increment(ref _lastUser):00000000}");
        user.Auto = auto;
        user.Handset = handset;
        if (permits)
            Get<PermissionStore>().Grant(Number, user, permanent: true);
        return user;
    }

    /// <summary>The user writes to the business.</summary>
    public void Write(SandboxUser user)
    {
        Get<PermissionStore>().OpenWindow(Number, user);
        Get<WebhookSender>().Send(Number, user.Phone, Get<WebhookBodies>().Text(Number, user, "hello"), null, "message");
    }

    /// <summary>The user answers the last request, or changes the setting without one; WhatsApp notifies the business.</summary>
    public void Decide(SandboxUser user, bool accepts, bool forGood = false) =>
        Get<PermissionReplies>().Reply(Number, user, accepts, forGood);

    /// <summary>Changes WhatsApp's own state without a webhook.</summary>
    public PermissionStore Permissions => Get<PermissionStore>();

    /// <summary>The messages of the business to this user.</summary>
    public IReadOnlyList<SentMessage> MessagesTo(SandboxUser user) =>
        [.. Get<MessageLog>().All().Where(message => message.UserPhone == user.Phone)];

    /// <summary>The user calls the business.</summary>
    public async Task<SandboxCall> PlaceAsync(SandboxUser user)
    {
        var (call, refusal) = await Get<InboundCalls>().PlaceAsync(
            Number, user, new PlaceCall(null, null, null, user.Handset == "native" ? Hertz : null), CancellationToken.None);
        return call ?? throw new InvalidOperationException(refusal);
    }

    public Task<SandboxCall> PlaceAsync() => PlaceAsync(User());

    /// <summary>The call that the business has placed to this user.</summary>
    public async Task<SandboxCall> CallToAsync(SandboxUser user, CallState state = CallState.Ringing)
    {
        var call = await Eventually.SeeAsync(
            () => Task.FromResult(Calls.LastOrDefault(c => c.User == user && c.State == state)), found => found is not null,
            $"a call to a user, {state}");
        return call!;
    }

    /// <summary>The user taps the red button of a call that rings or is up.</summary>
    public Task<bool> HangUpAsync(SandboxCall call) =>
        Get<CallHandler>().WithAsync(call, () => Get<CallHandler>().EndAsync(call, "COMPLETED", "user"));

    /// <summary>WhatsApp itself ends the call, with an error.</summary>
    public Task<bool> FailAsync(SandboxCall call, int code) =>
        Get<CallHandler>().WithAsync(call, () => Get<CallHandler>().EndAsync(call, "FAILED", "WhatsApp", code));

    public Task<bool> AnswerAsync(SandboxCall call) => Get<OutboundCalls>().AnswerAsync(call);

    public Task<bool> DeclineAsync(SandboxCall call) => Get<OutboundCalls>().DeclineAsync(call);

    public static async Task UntilAsync(SandboxCall call, CallState state) =>
        await Eventually.SeeAsync(() => call.State == state, $"the call at WhatsApp is {state}", () => Describe(call));

    public static async Task HearsAsync(SandboxCall call, double hertz)
    {
        HandsetReport? report = null;
        await Eventually.SeeAsync(
            async () => (report = await call.Handset.ReportAsync(CancellationToken.None)).ToneHertz,
            heard => heard is { } is_ && Math.Abs(is_ - hertz) < 8,
            $"the user hears {hertz} Hz", _ => $"{report}");
    }

    /// <summary>The gateway's actions on this call, each with its outcome: "pre_accept 200".</summary>
    public static IReadOnlyList<string> Actions(SandboxCall call) =>
        [.. call.Timeline().Where(entry => entry.Kind == "graph").Select(entry => $"{entry.What} {entry.Detail}")];

    public static string Describe(SandboxCall call) => string.Join("\n  ",
        call.Timeline().Select(entry => $"{entry.At:HH:mm:ss.fff} {entry.Kind} {entry.What}: {entry.Detail}"));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();
}
