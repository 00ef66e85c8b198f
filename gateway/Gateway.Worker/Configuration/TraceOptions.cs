namespace Gateway.Worker.Configuration;

/// <summary>The calls whose trace is kept.</summary>
public enum TracedCalls
{
    /// <summary>None; then nothing is noted either, unless spans or HEP are sent.</summary>
    None,

    /// <summary>Those that failed.</summary>
    Failed,

    /// <summary>Those that failed, and a part of the others.</summary>
    Sampled,

    /// <summary>Every attempt.</summary>
    All,
}

/// <summary>The traces of calls.</summary>
public sealed record TraceOptions
{
    public TracedCalls Calls { get; init; } = TracedCalls.Failed;

    /// <summary>The part of calls without a failure that is sampled: 0.1 is every tenth. Of one call all nodes decide the same.</summary>
    public double Sampled { get; init; } = 0.1;

    /// <summary>The time from a call's end for which its trace is kept.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(7);

    internal IEnumerable<string> Validate()
    {
        if (Sampled is not (>= 0 and <= 1))
            yield return "sampled: must be between 0 and 1.";
        if (Keep < TimeSpan.FromHours(1) || Keep > TimeSpan.FromDays(400))
            yield return "keep: must be between 1 hour and 400 days.";
    }
}
