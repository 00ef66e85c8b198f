using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;

namespace AdminApi.Agents;

/// <summary>
/// Tells the registry of agents what was just stored. Where Redis is unavailable the change stands all the same: every node defines the
/// agents of the directory when it loads it.
/// </summary>
public sealed class AgentRoster(IAgentRegistry registry)
{
    /// <summary>The agent's state; null: the registry is unavailable.</summary>
    public async Task<AgentStatus?> DefineAsync(Agent agent, CancellationToken cancellation)
    {
        try
        {
            await registry.DefineAsync(agent, cancellation);
            return await registry.FindAsync(agent.Id, cancellation);
        }
        catch (Exception e) when (ErrorEdge.IsStoreUnavailable(e))
        {
            return null;
        }
    }

    public async Task ForgetAsync(AgentId agent, CancellationToken cancellation)
    {
        try
        {
            await registry.ForgetAsync(agent, cancellation);
        }
        catch (Exception e) when (ErrorEdge.IsStoreUnavailable(e))
        {
            // The nodes forget the agent when they load the directory.
        }
    }
}
