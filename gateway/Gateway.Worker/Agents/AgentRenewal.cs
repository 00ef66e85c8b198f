using Gateway.Calls.Agents;

namespace Gateway.Worker.Agents;

/// <summary>Renews once a second what this node's calls hold of agents and places in line, and follows what other nodes change.</summary>
internal sealed partial class AgentRenewal(ResilientAgentRegistry registry, TimeProvider time, ILogger<AgentRenewal> logger)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(RenewAsync(stoppingToken), ListenAsync(stoppingToken));

    private async Task RenewAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(AgentLeases.Renewal, time);
        var wasUnavailable = false;
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            await registry.RenewAsync(cancellation);
            if (registry.IsUnavailable && !wasUnavailable)
                LogUnavailable();
            if (!registry.IsUnavailable && wasUnavailable)
                LogBack();
            wasUnavailable = registry.IsUnavailable;
        }
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
