namespace Load.Capacity;

/// <summary>The most that holds: doubled until it does not, then halved between.</summary>
internal static class StepSearch
{
    /// <param name="first">The first step.</param>
    /// <param name="most">No step is greater.</param>
    /// <param name="tryAsync">One step.</param>
    public static async Task<Limit> FindAsync(int first, int most, Func<int, Task<StepResult>> tryAsync)
    {
        var (kept, keptAt) = (0, new StepResult(null, false, 0));
        StepResult? brokenAt = null;
        var broken = most + 1;
        for (var count = first; kept < most && broken - kept > Math.Max(1, kept / 10);)
        {
            var result = await tryAsync(count);
            if (result.Broken is null)
                (kept, keptAt) = (count, result);
            else
                (broken, brokenAt) = (count, result);
            count = brokenAt is null ? Math.Min(count * 2, most) : (kept + broken) / 2;
        }
        return new Limit(kept, brokenAt?.IsLoadsFault ?? true, keptAt.LoadShare, brokenAt?.Broken);
    }
}

/// <summary>One step.</summary>
/// <param name="Broken">The promise that was not kept, with its figure; null: all were.</param>
/// <param name="IsLoadsFault">The load was late itself, or the machine had no processor left.</param>
/// <param name="LoadShare">The load's share of the machine.</param>
internal sealed record StepResult(string? Broken, bool IsLoadsFault, double LoadShare);
