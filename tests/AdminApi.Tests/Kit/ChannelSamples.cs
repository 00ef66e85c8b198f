using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;

namespace AdminApi.Tests.Kit;

/// <summary>Creates the business numbers that tests need.</summary>
public static class ChannelSamples
{
    /// <summary>A number of a gateway's configuration, at version 1.</summary>
    public static async Task<string> ChannelAsync(ApiFixture api)
    {
        var id = "c" + Guid.NewGuid().ToString("n");
        await api.Get<ChannelStore>().SeedAsync([new(new ChannelId(id), "4930123456", "DE")], CancellationToken.None);
        return id;
    }

    /// <summary>A number whose settings were read from Meta.</summary>
    public static async Task<string> ReadChannelAsync(ApiFixture api, MetaSettings metas, params ChannelRestriction[] restrictions)
    {
        var id = await ChannelAsync(api);
        await new ChannelSyncStore(api.Database)
            .RecordAsync(new ChannelId(id), metas, [], restrictions, pushed: null, DateTimeOffset.UtcNow, CancellationToken.None);
        return id;
    }
}
