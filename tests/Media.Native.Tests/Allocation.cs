namespace Media.Native.Tests;

internal static class Allocation
{
    /// <summary>Managed bytes that <paramref name="repeats"/> warm runs of <paramref name="operation"/> allocate on this thread.</summary>
    internal static long Measure(Action operation, int repeats = 200)
    {
        for (var i = 0; i < 50; i++)
            operation();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < repeats; i++)
            operation();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
