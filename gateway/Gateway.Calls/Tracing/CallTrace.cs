namespace Gateway.Calls.Tracing;

/// <summary>The story of one call attempt, as one node saw it, from its first message to its last.</summary>
/// <param name="Call">The gateway's id of the call.</param>
/// <param name="OwnerToken">The number of nodes that had had the call: each writes its own part.</param>
/// <param name="Node">Who saw it.</param>
/// <param name="StartedAt">The start of the attempt, or of this node's part.</param>
/// <param name="EndedAt">Its end.</param>
/// <param name="Cause">The record's hang-up cause; null: another node went on with the call, or it is in progress.</param>
/// <param name="Summary">Why it ended, in one line (<see cref="TraceCause"/>).</param>
/// <param name="Entries">In the order of time.</param>
public sealed record CallTrace(
    CallId Call, long OwnerToken, string Node, DateTimeOffset StartedAt, DateTimeOffset EndedAt, HangupCause? Cause, string Summary,
    IReadOnlyList<TraceEntry> Entries)
{
    public required CallDirection Direction { get; init; }

    public required ChannelId Channel { get; init; }

    public WhatsAppCallId? WhatsAppId { get; init; }

    /// <summary>The call is in progress: these are the notes so far, and <see cref="EndedAt"/> is the time of the last.</summary>
    public bool IsLive { get; init; }

    /// <summary>Entries that were left out, from the middle: a trace is bounded.</summary>
    public int LeftOut { get; init; }

    /// <summary>The whole story of a call that several nodes have had, in the order in which they had it.</summary>
    /// <param name="parts">At least one.</param>
    public static CallTrace Join(IReadOnlyList<CallTrace> parts)
    {
        var last = parts.MaxBy(part => part.OwnerToken)!;
        return last with
        {
            StartedAt = parts.Min(part => part.StartedAt),
            LeftOut = parts.Sum(part => part.LeftOut),
            Entries = [.. parts.OrderBy(part => part.OwnerToken).SelectMany(part => part.Entries).OrderBy(entry => entry.At)],
        };
    }
}
