using Gateway.Storage.Channels;
using Gateway.Worker.Webhooks;

namespace Gateway.Worker.Channels;

internal static class ChannelServices
{
    /// <summary>Registers the stores of channels, and their synchronisation with Meta.</summary>
    public static void AddChannels(this IServiceCollection services)
    {
        services.AddSingleton<ChannelStore>();
        services.AddSingleton<ChannelSyncStore>();
        services.AddSingleton<ChannelSync>();
        services.AddSingleton<INonCallEventHandler, AccountEvents>();
    }
}
