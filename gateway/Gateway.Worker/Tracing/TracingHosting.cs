using Gateway.Storage.Tracing;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tracing.Hep;
using Gateway.Worker.Tracing.Spans;

namespace Gateway.Worker.Tracing;

/// <summary>Registers what traces calls.</summary>
internal static class TracingHosting
{
    /// <summary>In the order in which it is to stop last.</summary>
    public static void AddTracing(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSpans(options);
        services.AddSingleton<HepSender>();
        services.AddHostedService(s => s.GetRequiredService<HepSender>());
        services.AddSingleton(s => new SipTraces(
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<HepSender>(),
            () => s.GetRequiredService<LiveOptions>().Options.IsTracing));
        services.AddSingleton<CallTraceStore>();
        services.AddSingleton<CallCaptureStore>();
        services.AddSingleton<TraceWriter>();
        services.AddHostedService(s => s.GetRequiredService<TraceWriter>());
        services.AddSingleton(s => new TraceTargets(s.GetService<CallSpans>(), s.GetRequiredService<HepSender>()));
        services.AddSingleton<CallTraces>();
        services.AddHostedService(s => s.GetRequiredService<CallTraces>());
    }
}
