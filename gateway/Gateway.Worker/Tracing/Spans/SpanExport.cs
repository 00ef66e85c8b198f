using System.Diagnostics;
using System.Threading.Channels;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;

namespace Gateway.Worker.Tracing.Spans;

/// <summary>
/// Sends the spans of ended calls, one call after the other. A collector that is slow or away costs spans, and no call waits.
/// </summary>
internal sealed partial class SpanExport(CallSpanProcessor processor, GatewayOptions options, ILogger<SpanExport> logger)
    : BackgroundService
{
    /// <summary>Calls whose spans may wait.</summary>
    private const int Capacity = 256;

    private readonly Channel<Activity[]> _queue = Channel.CreateBounded<Activity[]>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private bool _isAway;

    public void Add(Activity[] spans)
    {
        if (!_queue.Writer.TryWrite(spans))
            TraceMetrics.Dropped(TraceTarget.Otlp);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Run(() => RunAsync(stoppingToken), CancellationToken.None);

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    /// <summary>At a stop what waits is sent as long as the collector takes it.</summary>
    private async Task RunAsync(CancellationToken stop)
    {
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
            while (_queue.Reader.TryRead(out var spans))
                if (stop.IsCancellationRequested && _isAway)
                    TraceMetrics.Dropped(TraceTarget.Otlp);
                else
                    Send(spans);
    }

    private void Send(Activity[] spans)
    {
        if (processor.TryExport(spans))
        {
            TraceMetrics.Sent(TraceTarget.Otlp);
            _isAway = false;
            return;
        }
        TraceMetrics.Dropped(TraceTarget.Otlp);
        if (!_isAway)
            LogDropped(options.Otel.Endpoint!);
        _isAway = true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collector {Endpoint} (otel.endpoint) does not take spans: they are dropped " +
        "and counted (gateway_traces_dropped_total) until it does")]
    private partial void LogDropped(string endpoint);
}
