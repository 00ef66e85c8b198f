using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using StackExchange.Redis;

namespace AdminApi.Tests.Kit;

/// <summary>Creates the WhatsApp users that tests need, and nodes that answer for them.</summary>
public static class ContactSamples
{
    private static int _last;

    /// <summary>A user of a channel of their own, whose permission results from <paramref name="transition"/>.</summary>
    public static async Task<Contact> ContactAsync(
        ApiFixture api, Func<ContactPermission, ContactPermission>? transition = null, string? channel = null)
    {
        var number = Interlocked.Increment(ref _last);
        var user = new WhatsAppUser($"4477{number:00000000}", $"GB.{number:00000000}", null, "Ann");
        var id = new ChannelId(channel ?? await ChannelSamples.ChannelAsync(api));
        return await api.Get<ContactStore>()
            .ApplyAsync(id, user, DateTimeOffset.UtcNow, transition ?? (same => same), null, CancellationToken.None);
    }

    /// <summary>Sets the reply of the only node; null: there is no node.</summary>
    public static async Task NodeAsync(ApiFixture api, CommandReply? reply)
    {
        await api.Get<IConnectionMultiplexer>().GetSubscriber().UnsubscribeAllAsync();
        if (reply is not null)
            await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), "contacts", _ => Task.FromResult(reply)).StartAsync();
    }
}
