using System.Text.Json;
using StackExchange.Redis;

namespace Gateway.Storage.Commands;

/// <summary>A command in transit, with the channel for its answer.</summary>
internal sealed record CommandEnvelope(string ReplyTo, NodeCommand Command)
{
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    public static CommandEnvelope Read(RedisValue text) =>
        JsonSerializer.Deserialize<CommandEnvelope>((string)text!, JsonSerializerOptions.Web)!;

    public static CommandReply ReadReply(RedisValue text) =>
        JsonSerializer.Deserialize<CommandReply>((string)text!, JsonSerializerOptions.Web)!;
}
