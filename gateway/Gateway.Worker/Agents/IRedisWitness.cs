namespace Gateway.Worker.Agents;

/// <summary>Tells whether Redis is away for all nodes, or only for some. Never throws.</summary>
internal interface IRedisWitness
{
    /// <summary>
    /// This node, which Redis does not answer, knows all that the others have done there: Redis is away for them too, and none was answered
    /// after this one.
    /// </summary>
    Task<bool> IsAwayForAllAsync(IReadOnlyCollection<string> others);

    /// <summary>Remembers what is to be said of <see cref="IsAwayForAllAsync"/> now.</summary>
    Task LookAsync(IReadOnlyCollection<string> others);

    /// <summary>Redis is still away for one of them, which may hold agents of whom Redis does not know.</summary>
    Task<bool> IsAwayForAnyAsync(IReadOnlyCollection<string> others);

    /// <summary>The nodes that have shown themselves lately, with this one; none where nobody can say.</summary>
    Task<IReadOnlyList<string>> LivingAsync();
}
