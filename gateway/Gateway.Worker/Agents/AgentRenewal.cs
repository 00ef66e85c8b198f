using Gateway.Calls.Agents;
using StackExchange.Redis;

namespace Gateway.Worker.Agents;

/// <summary>Renews once a second what this node's calls hold of agents and places in line, and follows what other nodes change.</summary>
internal sealed partial class AgentRenewal(
    ResilientAgentRegistry registry, IConnectionMultiplexer redis, TimeProvider time, ILogger<AgentRenewal> logger) : BackgroundService
{
    /// <summary>While Redis does not answer: a node that has not noticed may take there whom this one took from memory.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        redis.ConnectionRestored += OnRestored;
        try
        {
            await Task.WhenAll(RenewAsync(stoppingToken), ListenAsync(stoppingToken));
        }
        finally
        {
            redis.ConnectionRestored -= OnRestored;
        }

        // It may be another server now, or be empty: what calls hold is there again before others take it.
        void OnRestored(object? sender, ConnectionFailedEventArgs restored)
        {
            if (restored.ConnectionType == ConnectionType.Interactive)
                _ = registry.RenewAsync(stoppingToken);
        }
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        for (var wasUnavailable = false; ; await Task.Delay(IsSettled() ? AgentLeases.Renewal : Retry, time, cancellation))
        {
            await registry.RenewAsync(cancellation);
            if (registry.IsUnavailable && !wasUnavailable)
                LogUnavailable();
            if (!registry.IsUnavailable && wasUnavailable)
                LogBack();
            wasUnavailable = registry.IsUnavailable;
        }

        bool IsSettled() => !registry.IsUnavailable && !registry.IsMeeting;
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await registry.ListenAsync(cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested) // The next turn subscribes again.
            {
                LogNotListening(e);
            }
            await Task.Delay(AgentLeases.Renewal, time, cancellation);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer: agents are given to calls by what this node knows")]
    private partial void LogUnavailable();

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis answers again, and has what this node's calls hold of agents")]
    private partial void LogBack();

    [LoggerMessage(Level = LogLevel.Debug, Message = "Changes of agents cannot be followed")]
    private partial void LogNotListening(Exception e);
}
