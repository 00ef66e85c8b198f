using System.Text.Json;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Storage.Events;
using StackExchange.Redis;

namespace AdminApi.Events;

/// <summary>
/// Samples of the quality of live calls as events of one stream, read where the live view is: they are kept nowhere else, so they have no
/// position, and a client that comes back begins with the latest.
/// </summary>
internal sealed class QualityFeed(ICallRegistry registry, EventQuery query)
{
    /// <summary>Nodes take samples every five seconds, each call at its own time.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private Dictionary<string, DateTimeOffset> _seen = [];

    /// <summary>The samples since the last time; none while Redis does not answer.</summary>
    public async Task<IReadOnlyList<EventView>> NextAsync(CancellationToken cancellation)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        var fresh = new List<EventView>();
        try
        {
            foreach (var call in await registry.ListAsync(cancellation))
            {
                if (call.Quality is not { } quality || !Concerns(call))
                    continue;
                seen[call.Id.Value] = quality.At;
                if (quality.At > _seen.GetValueOrDefault(call.Id.Value))
                    fresh.Add(new EventView(
                        0, EventKinds.Quality, quality.At, call.Channel.Value, null, call.Id.Value, null, Data(quality)));
            }
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return [];
        }
        _seen = seen;
        return fresh;
    }

    private bool Concerns(LiveCall call) =>
        (query.Channel is null || query.Channel == call.Channel.Value) && (query.CallId is null || query.CallId == call.Id.Value);

    private static JsonElement Data(LiveQuality quality) =>
        JsonSerializer.SerializeToElement(LiveQualityView.Of(quality), JsonText.Options);
}
