namespace Faults.Facts;

/// <summary>What is done to the gateways and their stores.</summary>
public enum FaultKind
{
    /// <summary>kill -9 of a node, which is started again with what is on its disk.</summary>
    Kill,

    /// <summary>kill -9 of a node, which is started again with an empty disk.</summary>
    KillEmpty,

    /// <summary>SIGSTOP, and SIGCONT later.</summary>
    Pause,

    /// <summary>SIGTERM of a node, which is started again when it has ended.</summary>
    Stop,

    /// <summary>Nothing passes between a node and Redis.</summary>
    CutRedis,

    /// <summary>Nothing passes between a node and PostgreSQL.</summary>
    CutPostgres,

    /// <summary>Requests of a node reach Meta, and no answer comes back.</summary>
    CutGraphAnswers,

    /// <summary>Nothing passes between a node and Meta.</summary>
    CutGraph,

    /// <summary>The disk of a node's spool is full.</summary>
    FillDisk,

    /// <summary>The wall clock of a node is set forward, and back again later.</summary>
    StepClock,

    /// <summary>Redis is killed, and comes back empty.</summary>
    RestartRedis,

    /// <summary>Redis stands still.</summary>
    FreezeRedis,

    /// <summary>The primary Redis is killed; Sentinel makes the replica the primary.</summary>
    FailOverRedis,

    /// <summary>PostgreSQL is killed, and comes back with its data.</summary>
    RestartPostgres,

    /// <summary>PostgreSQL stands still.</summary>
    FreezePostgres,

    /// <summary>SIGTERM of each node, one after the other, each started again before the next: an upgrade.</summary>
    Roll,
}

/// <summary>What a fault does to the calls of a node.</summary>
public static class FaultKinds
{
    /// <summary>True where the process does not run, so that its calls have no audio.</summary>
    public static bool StopsProcess(FaultKind kind) =>
        kind is FaultKind.Kill or FaultKind.KillEmpty or FaultKind.Pause or FaultKind.Stop or FaultKind.Roll;

    /// <summary>True where a store does not answer a node, so that nobody can say who is dead, or claim a call.</summary>
    public static bool TakesStore(FaultKind kind) => kind is FaultKind.CutRedis or FaultKind.CutPostgres or FaultKind.RestartRedis
        or FaultKind.FreezeRedis or FaultKind.FailOverRedis or FaultKind.RestartPostgres or FaultKind.FreezePostgres;

    /// <summary>True where what the process knew is gone.</summary>
    public static bool Loses(FaultKind kind) => kind is FaultKind.Kill or FaultKind.KillEmpty;
}
