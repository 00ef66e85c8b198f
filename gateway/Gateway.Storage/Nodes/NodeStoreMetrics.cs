using System.Diagnostics.Metrics;

namespace Gateway.Storage.Nodes;

/// <summary>What PostgreSQL refuses of nodes that have lost their calls.</summary>
internal static class NodeStoreMetrics
{
    private static readonly Meter Meter = new("Gateway.Storage");

    private static readonly Counter<long> LateRecords = Meter.CreateCounter<long>(
        "gateway_nodes_late_records", "{record}", "Records of calls that another node has taken over, which were dropped");

    public static void LateRecord() => LateRecords.Add(1);
}
