using System.Globalization;
using Benchmarks;

namespace Load.Capacity;

/// <summary>The command line of a capacity run.</summary>
internal sealed record CapacityOptions
{
    public const string Usage = "Load capacity [--quick] [--program FOLDER] [--only TEXT] [--calls N] [--no-steps] [--plot FILE.svg]";

    /// <summary>The most calls with which memory is measured where audio is transcoded.</summary>
    public const int MostTranscoded = 200;

    /// <summary>The folder of a gateway that deploy/publish made; null: the one that was built.</summary>
    public string? Program { get; init; }

    /// <summary>Only rows whose name has this in it.</summary>
    public string Only { get; init; } = "";

    /// <summary>The most live calls and set-ups are looked for.</summary>
    public bool Steps { get; init; } = true;

    /// <summary>Where the plot goes.</summary>
    public string Plot { get; init; } = "capacity.svg";

    /// <summary>Live calls while the cost is measured.</summary>
    public int Calls { get; init; } = 50;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Calls with a second of talk before anything is measured, of a server that is compiled and of one that compiles.</summary>
    public (int Compiled, int Compiling) WarmUpCalls { get; init; } = (300, 1500);

    /// <summary>New calls a second while the cost of a set-up is measured, and while the runtime warms up.</summary>
    public double SetUpsPerSecond { get; init; } = 10;

    /// <summary>The calls between which memory is compared.</summary>
    public (int Few, int Many) Memory { get; init; } = (50, 500);

    /// <summary>Of each step.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>With fewer calls where audio is transcoded, since that of silent ones is too, and a small machine has no more.</summary>
    public CapacityOptions For(CostOptions codecs) => codecs.UserCodec == codecs.PhoneCodec ? this
        : this with { Memory = Memory with { Many = Math.Min(Memory.Many, MostTranscoded) } };

    public static CapacityOptions? Read(string[] arguments)
    {
        var options = new CapacityOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--quick":
                    options = options with
                    {
                        Calls = 10, Duration = TimeSpan.FromSeconds(5), WarmUpCalls = (60, 60), SetUpsPerSecond = 5, Memory = (10, 60),
                        Step = TimeSpan.FromSeconds(4),
                    };
                    continue;
                case "--no-steps":
                    options = options with { Steps = false };
                    continue;
                case "--program":
                    options = options with { Program = Path.GetFullPath(value) };
                    break;
                case "--only":
                    options = options with { Only = value };
                    break;
                case "--plot":
                    options = options with { Plot = value };
                    break;
                case "--calls" when int.TryParse(value, CultureInfo.InvariantCulture, out var calls) && calls > 0:
                    options = options with { Calls = calls };
                    break;
                default:
                    return null;
            }
            if (++i == arguments.Length)
                return null;
        }
        return options;
    }
}
