namespace Media.Protocols.Dtmf;

/// <summary>The two tones of a key, in Hz (ITU-T Q.23): one of four low ones for its row, one of four high ones for its column.</summary>
public static class KeyFrequencies
{
    private const string ByRowAndColumn = "123A456B789C*0#D";

    public static IReadOnlyList<int> Low { get; } = [697, 770, 852, 941];

    public static IReadOnlyList<int> High { get; } = [1209, 1336, 1477, 1633];

    /// <summary>The key at a row and a column, both 0 … 3.</summary>
    public static char KeyAt(int row, int column) => ByRowAndColumn[row * 4 + column];

    /// <summary>False when <paramref name="key"/> is none of "0123456789*#ABCD": a hook flash has no tones.</summary>
    public static bool TryGet(char key, out int low, out int high)
    {
        var index = ByRowAndColumn.IndexOf(char.ToUpperInvariant(key), StringComparison.Ordinal);
        (low, high) = index < 0 ? (0, 0) : (Low[index / 4], High[index % 4]);
        return index >= 0;
    }
}
