namespace Architecture.Tests.Source;

/// <summary>A rule with its breaches, all of which a failure names.</summary>
public static class Law
{
    public static void Holds(IEnumerable<string> breaches)
    {
        var found = breaches.ToArray();
        Assert.True(found.Length == 0, $"{found.Length} breach(es):\n" + string.Join('\n', found));
    }
}
