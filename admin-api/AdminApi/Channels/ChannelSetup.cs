using Gateway.Storage.Channels;

namespace AdminApi.Channels;

internal static class ChannelSetup
{
    public static void AddChannels(this IServiceCollection services)
    {
        services.AddSingleton<ChannelStore>();
        services.AddSingleton<CallingCountryStore>();
    }
}
