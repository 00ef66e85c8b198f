using System.Collections.Concurrent;
using Faults.Facts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sandbox;
using Sandbox.Calls;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Users;

namespace Faults.Peers;

/// <summary>
/// The emulated WhatsApp and its users: so many calls at one time, each by a user of its own or to one, who hangs up after a few seconds of
/// talk, or leaves that to the agent, or gives up.
/// </summary>
internal sealed class Callers : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15), Look = TimeSpan.FromMilliseconds(50);

    private readonly WebApplication _app;
    private readonly TalkingPhones _phones;
    private readonly MachineWatch _machine;
    private readonly HistoryLog _history;
    private readonly Random _random;
    private readonly ConcurrentQueue<SandboxCall> _calls = [];
    private int _lastUser;

    private Callers(WebApplication app, TalkingPhones phones, MachineWatch machine, HistoryLog history, int seed)
    {
        (_app, _phones, _machine, _history, _random) = (app, phones, machine, history, new Random(seed));
        Url = app.Urls.Single();
    }

    /// <summary>The Graph API.</summary>
    public string Url { get; }

    public BusinessNumber Number => Get<NumberStore>().Default;

    public static async Task<Callers> StartAsync(
        string webhooks, TalkingPhones phones, MachineWatch machine, HistoryLog history, int seed)
    {
        var app = SandboxApp.Build(
            new SandboxOptions { Numbers = [new NumberOptions { WebhookUrl = webhooks }] },
            "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None");
        await app.StartAsync();
        return new Callers(app, phones, machine, history, seed);
    }

    /// <summary>Keeps calling until it is told to stop; then no call begins any more.</summary>
    /// <param name="atOnce">Calls at one time.</param>
    /// <param name="stop">No more calls.</param>
    public async Task CallAsync(int atOnce, CancellationToken stop)
    {
        var live = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            foreach (var ended in live.Where(call => call.IsCompleted).ToArray())
            {
                live.Remove(ended);
                await ended; // throws what it threw
            }
            if (live.Count < atOnce)
            {
                var drawn = Draw();
                live.Add(drawn.ToUser ? DialOnceAsync(drawn, stop) : CallOnceAsync(drawn, stop));
            }
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(_random.Next(100, 500)), stop));
        }
        await Task.WhenAll(live);
    }

    /// <summary>Everybody who is still in a call hangs up.</summary>
    public async Task HangUpAllAsync()
    {
        foreach (var call in _calls.Where(call => call.IsLive))
            await HangUpAsync(call);
    }

    /// <summary>The ids of calls that are not over.</summary>
    public IReadOnlyList<string> Live() => [.. _calls.Where(call => call.IsLive).Select(call => call.Id)];

    /// <summary>Notes what WhatsApp saw of all calls.</summary>
    public void Tell()
    {
        foreach (var call in _calls)
            foreach (var entry in call.Timeline())
                if (FactOf(call, entry) is { } fact)
                    _history.Add(fact);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private Draws Draw() => new(
        $"4479{Interlocked.Increment(ref _lastUser):00000000}", TimeSpan.FromSeconds(1 + _random.NextDouble() * 14),
        ByPhone: _random.NextDouble() < 0.3, ToUser: _random.NextDouble() < 0.25);

    private async Task CallOnceAsync(Draws drawn, CancellationToken stop)
    {
        var began = DateTimeOffset.UtcNow;
        var (call, refusal) = await Get<InboundCalls>().PlaceAsync(
            Number, Get<UserStore>().GetOrAdd(drawn.User), new PlaceCall("native", null, null, 1000), CancellationToken.None);
        if (call is null)
            throw new InvalidOperationException(refusal);
        await TalkAsync(call, began, drawn, stop);
    }

    /// <summary>A phone dials, and the user answers.</summary>
    private async Task DialOnceAsync(Draws drawn, CancellationToken stop)
    {
        var (began, user) = (DateTimeOffset.UtcNow, Get<UserStore>().GetOrAdd(drawn.User));
        (user.Auto, user.Handset) = (AutoMode.Answer, "native");
        Get<PermissionStore>().Grant(Number, user, permanent: true);
        _history.Add(new Fact.Dialled(began, drawn.User));
        var dialled = _phones.Dial(drawn.User);
        SandboxCall? Find() => Get<CallHandler>().All.FirstOrDefault(call => call.User == user);
        await UntilAsync(() => Find() is not null || dialled.IsOver, Timeout, stop);
        if (Find() is { } call)
            await TalkAsync(call, began, drawn, stop);
        _phones.GiveUp(dialled);
    }

    private async Task TalkAsync(SandboxCall call, DateTimeOffset began, Draws drawn, CancellationToken stop)
    {
        _calls.Enqueue(call);
        _history.Add(new Fact.Offered(began, drawn.User, call.Id));
        var indices = Listen(call);
        await UntilAsync(() => call.State is CallState.Active or CallState.Ended, Timeout, stop);
        if (call.State == CallState.Active)
            await UntilAsync(() => call.State == CallState.Ended, drawn.Talk, stop);
        if (drawn.ByPhone && _phones.Live().FirstOrDefault(leg => leg.User == drawn.User && leg.IsTalking) is { } leg)
            await _phones.HangUpAsync(leg);
        else
            await HangUpAsync(call);
        await UntilAsync(() => call.State == CallState.Ended, Timeout, stop);
        indices.Close();
    }

    private SrtpIndexLog Listen(SandboxCall call)
    {
        var heard = new HeardAudio(call.User.Phone, CallEnd.User, _machine, _history);
        var indices = new SrtpIndexLog(call.User.Phone, _history);
        ((NativeHandset)call.Handset).Tap = (datagram, now) =>
        {
            heard.Hear(now);
            indices.Take(datagram, now);
        };
        return indices;
    }

    private Task<bool> HangUpAsync(SandboxCall call) =>
        Get<CallHandler>().WithAsync(call, () => Get<CallHandler>().EndAsync(call, "COMPLETED", "user"));

    /// <summary>At the end of the run nobody waits.</summary>
    private static async Task UntilAsync(Func<bool> holds, TimeSpan longest, CancellationToken stop)
    {
        for (var until = DateTimeOffset.UtcNow + longest; !holds() && DateTimeOffset.UtcNow < until && !stop.IsCancellationRequested;)
            await Task.Delay(Look, CancellationToken.None);
    }

    private static Fact? FactOf(SandboxCall call, TimelineEntry entry) => (entry.Kind, entry.What, entry.Detail) switch
    {
        ("graph", var action, var detail) =>
            new Fact.Acted(entry.At, call.User.Phone, action, detail.StartsWith("200", StringComparison.Ordinal)),
        ("state", "ended by", var by) => new Fact.Over(entry.At, call.User.Phone, by),
        ("state", _, nameof(CallState.Active)) => new Fact.Talked(entry.At, call.User.Phone),
        _ => null,
    };

    private T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>What is drawn for one call.</summary>
    private readonly record struct Draws(string User, TimeSpan Talk, bool ByPhone, bool ToUser);
}
