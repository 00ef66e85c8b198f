using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Calls.Quality;

/// <summary>The spells of bad quality that one sample begins and ends.</summary>
/// <param name="Begun">At most two a leg.</param>
/// <param name="Over">At most two a leg. A call that ends ends its spells without a word.</param>
public readonly record struct QualityChanges(IReadOnlyList<Degradation> Begun, IReadOnlyList<Recovery> Over)
{
    public static readonly QualityChanges None = new([], []);
}

/// <summary>A leg whose spell of bad quality is over.</summary>
/// <param name="Leg">The leg.</param>
/// <param name="Fault">That of the spell's <see cref="Degradation"/>.</param>
/// <param name="Lasted">From the sample that began it to this one.</param>
/// <param name="Sample">The leg's sample, which is good again.</param>
public sealed record Recovery(CallLeg Leg, QualityFault Fault, TimeSpan Lasted, LegSample Sample);
