using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The longest time that an answered call may last, as the call's own deadlines: a warning, and the end.</summary>
internal static class CallLength
{
    /// <summary>So long before the end the agent is warned.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(30);

    /// <param name="deadlines">The call's.</param>
    /// <param name="longest">Null: any time.</param>
    /// <param name="answeredAt">When the call was answered at WhatsApp.</param>
    public static void Begin(DeadlineTable<CallDeadline> deadlines, TimeSpan? longest, Instant answeredAt)
    {
        if (longest is not { } length)
            return;
        deadlines[CallDeadline.MaxLength] = answeredAt + length;
        deadlines[CallDeadline.LengthWarning] = answeredAt + (length > Notice ? length - Notice : TimeSpan.Zero);
    }

    /// <summary>Warns when it is time.</summary>
    public static void HandleDeadline(DeadlineTable<CallDeadline> deadlines, Instant now, Action<CallDecision> decide)
    {
        if (deadlines.TryTakeDue(CallDeadline.LengthWarning, now) && !deadlines.IsDue(CallDeadline.MaxLength, now))
            decide(new CallDecision.Warn(WarnReason.MaxLength));
    }
}
