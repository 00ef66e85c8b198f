using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Calls.Quality;

/// <summary>
/// The limit that a leg is beyond. A closed set: the `fault` of `call.quality_degraded` and of `gateway_quality_degraded_total`.
/// </summary>
public enum QualityFault
{
    /// <summary>Nothing comes from the leg while the other one is heard.</summary>
    OneWay,

    /// <summary><see cref="QualityOptions.MaxLoss"/>.</summary>
    Loss,

    /// <summary><see cref="QualityOptions.MaxJitter"/>.</summary>
    Jitter,

    /// <summary><see cref="QualityOptions.MaxRoundTrip"/>.</summary>
    RoundTrip,

    /// <summary><see cref="QualityOptions.MinMos"/>, and none of the other limits alone.</summary>
    Score,
}

/// <summary>Where the fault seems to lie. A closed set: the `cause` of `call.quality_degraded`.</summary>
public enum SuspectedCause
{
    /// <summary>Between the WhatsApp user and this host.</summary>
    UserNetwork,

    /// <summary>Between the PBX, or a registered phone, and this host.</summary>
    PbxNetwork,

    /// <summary>This host had no time for its calls.</summary>
    ThisHost,
}

/// <summary>How this host kept up while a sample was taken.</summary>
/// <param name="Processor">The part of a processor that the call's media loop uses, 0 … 1.</param>
/// <param name="LongestWait">The longest that a packet waited for the loop in the last seconds.</param>
/// <param name="CollectionPause">All pauses by garbage collection since the last sample.</param>
public readonly record struct HostStrain(double Processor, TimeSpan LongestWait, TimeSpan CollectionPause)
{
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(100);

    /// <summary>So much is heard: packets are sent late, and what comes is measured late.</summary>
    public bool IsHeard => Processor > 0.9 || LongestWait > LongPause || CollectionPause > LongPause;
}

/// <summary>A leg whose quality has become too bad: once for each spell of it.</summary>
/// <param name="Leg">The leg that it was measured on.</param>
/// <param name="Fault">What is too bad.</param>
/// <param name="Cause">Where the fault seems to lie.</param>
/// <param name="Sample">The leg's sample.</param>
public sealed record Degradation(CallLeg Leg, QualityFault Fault, SuspectedCause Cause, LegSample Sample);
