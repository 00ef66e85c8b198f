using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tests.ContactCentre;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.Monitoring;

/// <summary>A gateway with a call that gave up in a queue and one that was answered, read by a Prometheus.</summary>
internal sealed class MonitoredRun : IAsyncDisposable
{
    private MonitoredRun(CentreBench bench, PrivatePrometheus prometheus, CallId call) =>
        (Bench, Prometheus, Call) = (bench, prometheus, call);

    public CentreBench Bench { get; }

    public PrivatePrometheus Prometheus { get; }

    /// <summary>The answered one.</summary>
    public CallId Call { get; }

    /// <summary>The gateway, as Prometheus calls it.</summary>
    public string Instance => new Uri(Bench.Gateway.OperationsUrl).Authority;

    /// <param name="stores">Real ones.</param>
    /// <param name="talk">How long the answered call lasts at least.</param>
    public static async Task<MonitoredRun> StartAsync(Stores stores, TimeSpan talk = default)
    {
        var bench = await CentreBench.StartAsync(
            stores, gateway: options => options with { Media = options.Media with { SampleInterval = TimeSpan.FromSeconds(1) } });
        var prometheus = await PrivatePrometheus.StartAsync(new Uri(bench.Gateway.OperationsUrl).Authority);
        return new MonitoredRun(bench, prometheus, await CallsAsync(bench, prometheus, talk));
    }

    public async ValueTask DisposeAsync()
    {
        await Prometheus.DisposeAsync();
        await Bench.DisposeAsync();
    }

    private static async Task<CallId> CallsAsync(CentreBench bench, PrivatePrometheus prometheus, TimeSpan talk)
    {
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        await GiveUpAsync(bench);
        if (talk > TimeSpan.Zero) // that is to be drawn: a rate begins with the second of its kind
        {
            await Eventually.SeeAsync(
                () => prometheus.CountAsync("gateway_calls_ended_total"), found => found > 0, "the end of the first call");
            await GiveUpAsync(bench);
        }

        var call = await bench.PlaceAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await bench.SetPresenceAsync("201", AgentPresence.Available);
        var agent = await bench.RungAsync("201");
        await agent.AnswerAsync();
        await bench.Calls.LiveAsync(call);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        var id = await bench.CallAsync();
        await Task.WhenAll(
            Task.Delay(talk),
            Eventually.SeeAsync(
                () => bench.Gateway.MetricAsync("gateway_quality_round_trip_seconds_count", "leg=\"whatsapp\""), count => count > 0,
                "a round trip"));
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        return id;
    }

    private static async Task GiveUpAsync(CentreBench bench)
    {
        var gone = await bench.PlaceAsync();
        await WhatsAppSide.UntilAsync(gone, CallState.Active);
        await bench.WhatsApp.HangUpAsync(gone);
        await bench.Calls.EndsAsync(gone, HangupCause.CallerGaveUp);
    }
}
