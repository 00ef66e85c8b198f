using System.Globalization;

namespace Load.Memory;

/// <summary>The command line of a memory run.</summary>
/// <param name="Calls">In all.</param>
/// <param name="PerSecond">New ones.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
/// <param name="Plot">Where the plot goes.</param>
internal sealed record MemoryOptions(int Calls = 20_000, double PerSecond = 20, string? Program = null, string Plot = "memory.svg")
{
    public const string Usage = "Load memory [--calls 20000] [--per-second 20] [--program FOLDER] [--plot FILE.svg]";

    public static MemoryOptions? Read(string[] arguments)
    {
        var options = new MemoryOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
                return null;
            var value = double.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out var number) && number > 0 ? number : 0;
            switch (arguments[i])
            {
                case "--program":
                    options = options with { Program = Path.GetFullPath(arguments[i + 1]) };
                    break;
                case "--plot":
                    options = options with { Plot = arguments[i + 1] };
                    break;
                case "--calls" when value > 0:
                    options = options with { Calls = (int)value };
                    break;
                case "--per-second" when value > 0:
                    options = options with { PerSecond = value };
                    break;
                default:
                    return null;
            }
        }
        return options;
    }
}
