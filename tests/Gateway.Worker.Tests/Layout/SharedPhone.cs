using System.Text.Json;
using Gateway.Sip.Registrar;
using Gateway.Storage.Agents;
using StackExchange.Redis;

namespace Gateway.Worker.Tests.Layout;

/// <summary>A phone that is registered with a node, as other nodes hear of it.</summary>
internal static class SharedPhone
{
    public const string User = "ada";

    private const string Uri = "sip:ada@192.0.2.7:5060", Route = "<sip:token@127.0.0.1:5060;lr>";

    /// <summary>Puts it into Redis as the only one of a node. False: Redis had another version.</summary>
    public static Task<bool> PutAsync(IConnectionMultiplexer redis, string node)
    {
        SharedContact[] contacts =
        [
            new()
            {
                Uri = Uri, Route = [Route], Source = "Udp 192.0.2.7:5060", Q = 0.5, RefreshedAt = DateTimeOffset.UnixEpoch,
                ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(200),
            },
        ];
        return new RegisteredPhoneStore(redis).ChangeAsync(
            new PhonesNode(node, "0000000000000001.0000000000000001", "127.0.0.1:5060"), "",
            [KeyValuePair.Create(User, JsonSerializer.Serialize(contacts, JsonSerializerOptions.Web))]);
    }

    /// <summary>It is this phone.</summary>
    public static void Check(string json)
    {
        var contact = Assert.Single(JsonSerializer.Deserialize<SharedContact[]>(json, JsonSerializerOptions.Web)!);
        Assert.Equal((Uri, Route, 0.5), (contact.Uri, Assert.Single(contact.Route), contact.Q));
    }
}
