using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Calls;

/// <summary>
/// The claims of users' calls. That of a node which died before the call had a row is taken over: nobody else would ring or record it.
/// </summary>
internal sealed class OfferClaims(
    GatewayOptions options, ICallRegistry registry, NodeLeases leases, PostgresCallStore rows, LateOffers late, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Claims a call that Meta offers. Never throws.</summary>
    /// <param name="id">Meta's id.</param>
    /// <param name="call">Ours, if this node begins it.</param>
    /// <returns>
    /// The result, and of a <see cref="ClaimResult.Duplicate"/> who has it: a node that lives, a tombstone, or this node, which knows the
    /// call; null: a store does not answer, so it may be nobody.
    /// </returns>
    public async Task<(ClaimResult Result, ClaimHolder? Holder)> ClaimAsync(WhatsAppCallId id, CallId call)
    {
        var result = await registry.ClaimAsync(id, call, CancellationToken.None);
        if (result != ClaimResult.Duplicate)
            return (result, null);
        var holder = await registry.FindHolderAsync(id, null, CancellationToken.None);
        if (holder is null || holder == ClaimHolder.Unknown)
            return (ClaimResult.Duplicate, null);
        if (holder.Call is not { } before || (holder.Node == options.Node.Id && late.Knows(id)))
            return (ClaimResult.Duplicate, holder);
        try
        {
            if (holder.Node != options.Node.Id && await IsAliveAsync(holder.Node) || await HasRowAsync(before))
                return (ClaimResult.Duplicate, holder);
        }
        catch (Exception) // Either store: Meta is asked to send the offer again.
        {
            return (ClaimResult.Duplicate, null);
        }
        return await registry.ReclaimAsync(id, before, call, CancellationToken.None)
            ? (ClaimResult.Claimed, null) : (ClaimResult.Duplicate, holder);
    }

    private async Task<bool> IsAliveAsync(string node) =>
        (await leases.AliveAsync().WaitAsync(Timeout, time)).Any(one => one.Id == node);

    private Task<bool> HasRowAsync(CallId call) => time.WithinAsync(Timeout, timeout => rows.KnowsAsync(call, timeout));
}
