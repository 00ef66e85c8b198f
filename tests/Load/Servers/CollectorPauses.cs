using System.Globalization;

namespace Load.Servers;

/// <summary>A gateway's pauses by garbage collection, from the histogram in its metrics.</summary>
internal sealed class CollectorPauses
{
    private const string Name = "gateway_gc_pause_seconds";

    /// <summary>What a pause should not take, in seconds.</summary>
    private const double Bound = 0.005;

    private readonly List<(double Limit, double Count)> _buckets;

    private CollectorPauses(List<(double Limit, double Count)> buckets) => _buckets = buckets;

    public static async Task<CollectorPauses> ReadAsync(GatewayServer server, CancellationToken stop) => new(
        [.. (await server.MetricsAsync(Name, stop)).Where(metric => metric.Key.Contains("le=\"", StringComparison.Ordinal))
            .Select(metric => (LimitOf(metric.Key), metric.Value)).OrderBy(bucket => bucket.Item1)]);

    /// <summary>Those between an earlier reading and this one, in words.</summary>
    public string Since(CollectorPauses earlier)
    {
        var buckets = _buckets.Select((bucket, n) => (bucket.Limit, Count: bucket.Count - earlier.CountAt(n))).ToList();
        if (buckets.Count == 0)
            return "unknown";
        var all = buckets[^1].Count;
        var brief = buckets.LastOrDefault(bucket => bucket.Limit <= Bound);
        var longest = buckets.First(bucket => bucket.Count == all).Limit;
        return string.Create(CultureInfo.InvariantCulture,
            $"{all}, {all - brief.Count} over {brief.Limit * 1000:0.##} ms, the longest at most {longest * 1000:0.##} ms");
    }

    /// <summary>There is no histogram before the first collection.</summary>
    private double CountAt(int bucket) => _buckets.Count == 0 ? 0 : _buckets[bucket].Count;

    private static double LimitOf(string metric)
    {
        var text = metric.Split("le=\"")[1].Split('"')[0];
        return text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);
    }
}
