using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace Gateway.Worker.Tests.Layout;

/// <summary>What gateways keep in Redis: every key as it is, and the names of what it is about.</summary>
/// <param name="Names">Placeholder to value: the node, the call, …</param>
/// <param name="Keys">All keys.</param>
internal sealed partial record RedisLayout(IReadOnlyDictionary<string, string> Names, IReadOnlyList<RedisEntry> Keys)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Web)
    {
        WriteIndented = true, Converters = { new JsonStringEnumConverter() }, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static RedisLayout Read(string json) => JsonSerializer.Deserialize<RedisLayout>(json, Indented)!;

    public string Write() => JsonSerializer.Serialize(this, Indented) + "\n";

    public static async Task<RedisLayout> TakeAsync(IConnectionMultiplexer redis, IReadOnlyDictionary<string, string> names)
    {
        var keys = new List<RedisEntry>();
        foreach (var server in redis.GetServers())
            await foreach (var key in server.KeysAsync(pattern: "wa:*"))
                keys.Add(await RedisEntry.TakeAsync(redis.GetDatabase(), key));
        return new RedisLayout(names, [.. keys.OrderBy(key => key.Key, StringComparer.Ordinal)]);
    }

    /// <summary>
    /// Stores it again. The leases of nodes end by Redis' own clock, which no test can set: they move on, or Redis would have
    /// forgotten the nodes.
    /// </summary>
    /// <param name="redis">An empty database.</param>
    /// <param name="later">As if it had been recorded so much later.</param>
    public async Task PutAsync(IDatabase redis, TimeSpan later)
    {
        foreach (var key in Keys)
            await key.PutAsync(redis, key.Key.StartsWith("wa:{nodes}:", StringComparison.Ordinal) ? later : TimeSpan.Zero);
    }

    /// <summary>
    /// The layout without the values: a line for each key, field and member, names replaced by their placeholders and numbers by 0.
    /// </summary>
    public IReadOnlySet<string> Shape() =>
        Keys.SelectMany(key => key.Fields.SelectMany(field => Lines($"{key.Type} {Plain(key.Key)}", field))).ToHashSet();

    /// <summary>Fails where something of what was recorded has gone; GATEWAY_RECORD_LAYOUT=1 records it anew.</summary>
    /// <param name="recorded">The file.</param>
    public async Task HoldsAsync(string recorded)
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_RECORD_LAYOUT") == "1")
            await File.WriteAllTextAsync(recorded, Write());
        var (before, now) = (Read(await File.ReadAllTextAsync(recorded)).Shape(), Shape());
        Assert.True(
            before.IsSubsetOf(now),
            $"gone:\n{string.Join('\n', before.Except(now).Order())}\nnew:\n{string.Join('\n', now.Except(before).Order())}");
    }

    private IEnumerable<string> Lines(string key, RedisField field)
    {
        if (!field.Value.StartsWith('{') && !field.Value.StartsWith('['))
            return [$"{key} {Plain(field.Name)} = {Plain(field.Value)}"];
        using var json = JsonDocument.Parse(field.Value);
        return [.. Paths($"{key} {Plain(field.Name)}", json.RootElement)];
    }

    /// <summary>A member that is null may have any kind of value.</summary>
    private static IEnumerable<string> Paths(string path, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(member => Paths($"{path}.{member.Name}", member.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(item => Paths($"{path}[]", item)),
        JsonValueKind.Null => [path],
        JsonValueKind.True or JsonValueKind.False => [path, $"{path}: boolean"],
        _ => [path, $"{path}: {json.ValueKind}"],
    };

    private string Plain(string text) => Number().Replace(
        Names.OrderByDescending(name => name.Value.Length).Aggregate(text, (now, name) => now.Replace(name.Value, $"<{name.Key}>")), "0");

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}

/// <summary>One key.</summary>
internal sealed record RedisEntry(string Key, RedisType Type, IReadOnlyList<RedisField> Fields)
{
    public static async Task<RedisEntry> TakeAsync(IDatabase redis, RedisKey key)
    {
        var type = await redis.KeyTypeAsync(key);
        IEnumerable<RedisField> fields = type switch
        {
            RedisType.String => [new RedisField("", (await redis.StringGetAsync(key)).ToString())],
            RedisType.Hash => (await redis.HashGetAllAsync(key)).Select(one => new RedisField(one.Name.ToString(), one.Value.ToString())),
            RedisType.Set => (await redis.SetMembersAsync(key)).Select(one => new RedisField(one.ToString(), "")),
            RedisType.SortedSet => (await redis.SortedSetRangeByRankWithScoresAsync(key))
                .Select(one => new RedisField(one.Element.ToString(), one.Score.ToString("R"))),
            RedisType.Stream => (await redis.StreamRangeAsync(key))
                .SelectMany(entry => entry.Values.Select(one => new RedisField(one.Name.ToString(), one.Value.ToString()))),
            RedisType.List => (await redis.ListRangeAsync(key)).Select(one => new RedisField("", one.ToString())),
            _ => throw new InvalidOperationException($"{key} is a {type}."),
        };
        return new RedisEntry(((string?)key)!, type, [.. fields.OrderBy(field => field.Name, StringComparer.Ordinal)]);
    }

    /// <param name="redis">The database.</param>
    /// <param name="later">Added to the times by which a sorted set is in order.</param>
    public async Task PutAsync(IDatabase redis, TimeSpan later)
    {
        switch (Type)
        {
            case RedisType.String:
                await redis.StringSetAsync(Key, Fields[0].Value);
                break;
            case RedisType.Hash:
                await redis.HashSetAsync(Key, [.. Fields.Select(field => new HashEntry(field.Name, field.Value))]);
                break;
            case RedisType.Set:
                await redis.SetAddAsync(Key, [.. Fields.Select(field => (RedisValue)field.Name)]);
                break;
            case RedisType.SortedSet:
                await redis.SortedSetAddAsync(Key, [.. Fields.Select(field =>
                    new SortedSetEntry(field.Name, double.Parse(field.Value) + Math.Floor(later.TotalMilliseconds)))]);
                break;
            case RedisType.Stream:
                await redis.StreamAddAsync(Key, [.. Fields.Select(field => new NameValueEntry(field.Name, field.Value))]);
                break;
            default:
                throw new InvalidOperationException($"{Key} is a {Type}.");
        }
    }
}

/// <summary>A field of a hash or stream entry; a member of a set, with its score as the value; a text without a name.</summary>
internal sealed record RedisField(string Name, string Value);
