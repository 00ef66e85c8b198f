using Gateway.Worker.Configuration;
using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Worker.Tracing.Spans;

/// <summary>Registers OpenTelemetry, where a collector is configured.</summary>
internal static class SpanHosting
{
    public static void AddSpans(this IServiceCollection services, GatewayOptions options)
    {
        if (options.Otel.Endpoint is null)
            return;
        services.AddSingleton(_ => new CallSpanProcessor(new OtlpTraceExporter(new OtlpExporterOptions
        {
            Endpoint = options.Otel.Address(),
            Protocol = options.Otel.Transport == OtlpTransport.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            TimeoutMilliseconds = (int)options.Otel.Timeout.TotalMilliseconds,
        })));
        services.AddSingleton<SpanExport>();
        services.AddHostedService(s => s.GetRequiredService<SpanExport>());
        services.AddSingleton<CallSpans>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(options.Otel.Service, serviceInstanceId: options.Node.Id))
            .WithTracing(tracing => tracing.SetSampler(new OfCalls()).AddSource(CallSpans.Source).AddNpgsql().AddHttpClientInstrumentation()
                .AddProcessor(s => s.GetRequiredService<CallSpanProcessor>()));
    }
}
