using System.Globalization;

namespace Load.Stages;

/// <summary>Compiled methods by address, as the runtime writes them for perf: "address size name", hexadecimal.</summary>
internal sealed class MethodMap
{
    private readonly List<(ulong Start, ulong End, string Name)> _methods;

    public MethodMap(string file) => _methods =
    [
        .. File.ReadLines(file).Select(line => line.Split(' ', 3)).Where(parts => parts.Length == 3)
            .Select(parts => (Start: Number(parts[0]), Size: Number(parts[1]), Name: parts[2]))
            .Select(one => (one.Start, one.Start + one.Size, one.Name)).OrderBy(one => one.Start),
    ];

    /// <summary>The method that an address inside its code belongs to; at its first byte it is called, and never returned to.</summary>
    public string? Find(ulong address)
    {
        var (low, high) = (0, _methods.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (address <= _methods[middle].Start)
                high = middle - 1;
            else if (address >= _methods[middle].End)
                low = middle + 1;
            else
                return _methods[middle].Name;
        }
        return null;
    }

    private static ulong Number(string text) =>
        ulong.Parse(
            text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
