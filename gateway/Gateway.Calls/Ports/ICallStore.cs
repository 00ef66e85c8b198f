namespace Gateway.Calls;

/// <summary>The memory that must survive (PostgreSQL): one row per call attempt.</summary>
public interface ICallStore
{
    /// <summary>Notes that an attempt began, so that even one cut short by a crash leaves a row. Repeating it changes nothing.</summary>
    Task BeginAsync(CallIdentity call, DateTimeOffset startedAt, CancellationToken cancellation);

    /// <summary>Completes the row with the truth of the whole call. Repeating it changes nothing.</summary>
    Task CompleteAsync(CallRecord record, CancellationToken cancellation);

    /// <summary>The newest attempts first.</summary>
    Task<IReadOnlyList<CallRecord>> ListAsync(int limit, DateTimeOffset? before, CancellationToken cancellation);
}
