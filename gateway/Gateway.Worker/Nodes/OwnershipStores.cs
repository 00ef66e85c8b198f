using Gateway.Calls.Lifecycle;
using Gateway.Storage.Calls;
using Gateway.Storage.Nodes;

namespace Gateway.Worker.Nodes;

/// <summary>Where the nodes agree on which of them live, and which calls each has.</summary>
/// <param name="Leases">In Redis.</param>
/// <param name="Signs">Of nodes that Redis does not hear, in PostgreSQL.</param>
/// <param name="Owners">Of calls, in Redis.</param>
/// <param name="Registry">The live calls as their owners show them.</param>
/// <param name="Rows">Their rows in PostgreSQL.</param>
/// <param name="Inbox">What nodes hand to each other.</param>
internal sealed record OwnershipStores(
    NodeLeases Leases, NodeSigns Signs, CallOwners Owners, ICallRegistry Registry, PostgresCallStore Rows, NodeInbox Inbox);
