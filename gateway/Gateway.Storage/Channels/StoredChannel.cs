using System.Text.Json;
using Gateway.Calls.Channels;

namespace Gateway.Storage.Channels;

/// <summary>A channel with everything known about it.</summary>
/// <param name="Facts">The facts that decide about its calls.</param>
/// <param name="Country">The country of its number, ISO 3166-1 alpha-2; null where it has none.</param>
/// <param name="Routes">The routes of its calls, in order; empty: those of the nodes' configuration.</param>
/// <param name="Sync">Its state of synchronisation with Meta.</param>
public sealed record StoredChannel(ChannelFacts Facts, string? Country, IReadOnlyList<CallRoute> Routes, MetaState Sync);

/// <summary>The state of synchronisation of a channel with Meta.</summary>
/// <param name="ReadAt">The time at which Meta's settings were last read.</param>
/// <param name="PushedVersion">The newest version of our settings that Meta has accepted.</param>
/// <param name="PushedAt">The time of that.</param>
/// <param name="Pushed">The settings pushed for that version; null: all have to be pushed.</param>
/// <param name="Error">The reason why the last push or read failed; null where it succeeded.</param>
/// <param name="Drift">The differences between Meta's and the desired settings; empty for a channel that is not managed.</param>
public sealed record MetaState(
    DateTimeOffset? ReadAt, long? PushedVersion, DateTimeOffset? PushedAt, MetaSettings? Pushed, string? Error,
    IReadOnlyList<SettingDrift> Drift);

/// <summary>A row of <see cref="ChannelStore"/>'s statements.</summary>
internal sealed record ChannelRow
{
    public const string Columns =
        $"""
        {ChannelFactsColumn.Sql} AS Facts, {ChannelFactsColumn.RoutesSql} AS Routes, c.country, c.meta_read_at AS ReadAt,
        c.meta_pushed_version AS PushedVersion, c.meta_pushed_at AS PushedAt, c.meta_pushed::text AS Pushed, c.meta_error AS Error,
        c.meta_drift::text AS Drift
        """;

    public string Facts { get; init; } = "";
    public string Routes { get; init; } = "";
    public string? Country { get; init; }
    public DateTime? ReadAt { get; init; }
    public long? PushedVersion { get; init; }
    public DateTime? PushedAt { get; init; }
    public string? Pushed { get; init; }
    public string? Error { get; init; }
    public string Drift { get; init; } = "[]";

    public StoredChannel ToChannel() => new(
        ChannelFactsColumn.Read(Facts), Country, ChannelFactsColumn.ReadRoutes(Routes),
        new MetaState(
            Utc(ReadAt), PushedVersion, Utc(PushedAt),
            Pushed is null ? null : JsonSerializer.Deserialize<MetaSettings>(Pushed, JsonText.Options),
            Error, JsonSerializer.Deserialize<SettingDrift[]>(Drift, JsonText.Options)!));

    private static DateTimeOffset? Utc(DateTime? time) =>
        time is { } known ? new DateTimeOffset(DateTime.SpecifyKind(known, DateTimeKind.Utc)) : null;
}
