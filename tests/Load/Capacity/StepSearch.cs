namespace Load.Capacity;

/// <summary>The most that holds: doubled until it does not, then halved between.</summary>
internal static class StepSearch
{
    /// <param name="first">The first step.</param>
    /// <param name="most">No step is greater.</param>
    /// <param name="tryAsync">One step.</param>
    public static async Task<Limit?> FindAsync(int first, int most, Func<int, Task<StepResult>> tryAsync)
    {
        (int Count, StepResult Result)? kept = null, broken = null;
        for (var count = first; broken is null; count = Math.Min(count * 2, most))
        {
            var result = await tryAsync(count);
            if (result.Broken is null)
                kept = (count, result);
            else
                broken = (count, result);
            if (count == most)
                break;
        }
        while (kept is { } low && broken is { } high && high.Count - low.Count > Math.Max(1, low.Count / 10))
        {
            var count = (low.Count + high.Count) / 2;
            var result = await tryAsync(count);
            if (result.Broken is null)
                kept = (count, result);
            else
                broken = (count, result);
        }
        return kept is null
            ? new Limit(0, broken!.Value.Result.IsLoadsFault, broken.Value.Result.LoadShare, broken.Value.Result.Broken)
            : new Limit(
                kept.Value.Count, broken?.Result.IsLoadsFault ?? true, kept.Value.Result.LoadShare, broken?.Result.Broken);
    }
}

/// <summary>One step.</summary>
/// <param name="Broken">The promise that was not kept, with its figure; null: all were.</param>
/// <param name="IsLoadsFault">The load was late itself, or the machine had no processor left.</param>
/// <param name="LoadShare">The load's share of the machine.</param>
internal sealed record StepResult(string? Broken, bool IsLoadsFault, double LoadShare);
