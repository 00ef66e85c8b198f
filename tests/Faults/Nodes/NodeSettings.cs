namespace Faults.Nodes;

/// <summary>What all nodes have in common.</summary>
/// <param name="Postgres">The connection string.</param>
/// <param name="Redis">HOST:PORT, or a Sentinel, whose answers lead past every link.</param>
/// <param name="Graph">The address of the emulated Graph API.</param>
/// <param name="Pbx">The port of the phones.</param>
internal sealed record NodeSettings(string Postgres, string Redis, string Graph, int Pbx)
{
    public const string Trunk = "main";

    public bool HasSentinel => Redis.Contains("serviceName", StringComparison.Ordinal);

    /// <summary>The beginning of the paths of their logs; null: they are not kept.</summary>
    public string? Logs { get; init; }

    /// <summary>They leave snapshots of their calls for each other.</summary>
    public bool TakesOver { get; init; }

    public required string PhoneNumberId { get; init; }

    public required string Number { get; init; }

    public required string AccessToken { get; init; }

    public required string AppSecret { get; init; }
}
