using Gateway.Sip.Trunks;
using Gateway.Storage.Agents;
using Gateway.Storage.Calls;
using Gateway.Storage.Directory;
using Gateway.Worker.Metrics;

namespace Gateway.Worker.Agents;

/// <summary>Registers what concerns agents, flows and queues.</summary>
internal static class AgentHosting
{
    public static void AddAgents(this IServiceCollection services)
    {
        services.AddSingleton<DirectoryStore>();
        services.AddSingleton<AgentStore>();
        services.AddSingleton<PhoneTicketStore>();
        services.AddSingleton<IPhoneTickets, StoredTickets>();
        services.AddSingleton<AudioStore>();
        services.AddSingleton<AgentCallStore>();
        services.AddSingleton<AgentStateStore>();
        services.AddSingleton<VoicemailStore>();
        services.AddSingleton<AgentDirectory>();
        services.AddSingleton<WaitingCalls>();
        services.AddSingleton<AudioLibrary>();
        services.AddSingleton<FlowPicker>();
        services.AddSingleton<Voicemails>();
        services.AddSingleton<AgentServices>();
        services.AddSingleton<RegisteredPhoneStore>();
        services.AddSingleton<SharedPhones>();
        services.AddSingleton(s => new GroupGauges(
            () => s.GetRequiredService<AgentDirectory>().Snapshot.Groups.Select(group => group.Id),
            () => s.GetRequiredService<WaitingCalls>().All, () => s.GetRequiredService<ResilientAgentRegistry>().Known,
            s.GetRequiredService<TimeProvider>()));
        services.AddHostedService(s => s.GetRequiredService<AgentDirectory>());
        services.AddHostedService(s => s.GetRequiredService<WaitingCalls>());
        services.AddHostedService<AgentRenewal>();
        services.AddHostedService<AgentEvents>();
        services.AddHostedService(s => s.GetRequiredService<SharedPhones>());
        services.AddHostedService<ExtensionWatches>();
    }
}
