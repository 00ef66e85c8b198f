using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Agents;

/// <summary>Tells by PostgreSQL whether Redis is away for all nodes, or only for this one.</summary>
internal sealed class RedisWitness(GatewayOptions options, NodeSigns signs, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500), Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Each node notices an outage by itself: so long it may take until all have said so.</summary>
    private const int MaxPauses = 15;

    /// <summary>
    /// False: one of these nodes lives, and does not say that Redis does not hear it. Where PostgreSQL does not answer either, nobody can
    /// say, and both stores are taken to be away for all. Never throws.
    /// </summary>
    public async Task<bool> IsAwayForAsync(IReadOnlyCollection<string> nodes)
    {
        for (var pauses = 0; !await AreUnheardAsync(nodes); pauses++)
        {
            if (pauses == MaxPauses)
                return false;
            await Task.Delay(Pause, time);
        }
        return true;
    }

    private async Task<bool> AreUnheardAsync(IReadOnlyCollection<string> nodes)
    {
        if (nodes.Count == 0)
            return true;
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            return await signs.AreUnheardAsync(nodes, options.Node.Lease, options.Node.LostAfter, timeout.Token);
        }
        catch (Exception)
        {
            return true;
        }
    }
}
