using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Channels;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Webhooks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Gateway.Worker.Permissions;

/// <summary>Registers the services of permissions.</summary>
internal static class PermissionServices
{
    public static void AddPermissions(this IServiceCollection services)
    {
        services.AddSingleton(
            s => new ContactStore(s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<LiveOptions>().Permissions));
        services.AddSingleton(
            s => new PermissionRequestStore(s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<LiveOptions>().Permissions));
        services.TryAddSingleton<ChannelStore>();
        services.AddSingleton<MetaPermissions>();
        services.AddSingleton<PermissionAsker>();
        services.AddSingleton<IPermissionArbiter, PermissionHandler>();
        services.AddSingleton<NodeCommands>();
        services.AddSingleton<ReturnCalls>();
        services.AddSingleton<PermissionGrants>();
        services.AddSingleton<INonCallEventHandler, PermissionWebhooks>();
        services.AddSingleton<ICallStore>(
            s => ActivatorUtilities.CreateInstance<ContactsOfCalls>(s, s.GetRequiredService<PostgresCallStore>()));
    }
}
