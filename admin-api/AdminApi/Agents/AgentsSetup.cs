using Gateway.Calls.Agents;
using Gateway.Storage.Agents;
using Gateway.Storage.Calls;
using Gateway.Storage.Directory;
using StackExchange.Redis;

namespace AdminApi.Agents;

internal static class AgentsSetup
{
    public static void AddAgents(this IServiceCollection services)
    {
        services.AddSingleton<IAgentRegistry>(s => new RedisAgentRegistry(s.GetRequiredService<IConnectionMultiplexer>()));
        services.AddSingleton<AgentRoster>();
        services.AddSingleton<AgentStore>();
        services.AddSingleton<PhoneTicketStore>();
        services.AddSingleton<GroupStore>();
        services.AddSingleton<FlowStore>();
        services.AddSingleton<FlowRouteStore>();
        services.AddSingleton<AudioStore>();
        services.AddSingleton<DirectoryStore>();
        services.AddSingleton<QueueStatistics>();
        services.AddSingleton<VoicemailStore>();
    }
}
