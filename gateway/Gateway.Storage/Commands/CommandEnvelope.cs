using System.Text.Json;
using StackExchange.Redis;

namespace Gateway.Storage.Commands;

/// <summary>A command in transit, with the channel for its answer.</summary>
/// <param name="ReplyTo">The channel.</param>
/// <param name="Command">The command.</param>
/// <param name="Number">Of the commands whose answers have come or come on that channel.</param>
internal sealed record CommandEnvelope(string ReplyTo, NodeCommand Command, long Number = 0)
{
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    public static CommandEnvelope Read(RedisValue text) =>
        JsonSerializer.Deserialize<CommandEnvelope>((string)text!, JsonSerializerOptions.Web)!;

    public static CommandReply ReadReply(RedisValue text) =>
        JsonSerializer.Deserialize<CommandReply>((string)text!, JsonSerializerOptions.Web)!;
}
