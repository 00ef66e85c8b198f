using System.Globalization;

namespace Load.Stages;

/// <summary>The command line of a run that tells the stages of a set-up apart.</summary>
/// <param name="PerSecond">New calls.</param>
/// <param name="Seconds">That are sampled.</param>
/// <param name="WarmUp">Seconds before.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
/// <param name="Keep">The file that keeps the samples; null: none.</param>
internal sealed record StageOptions(
    double PerSecond = 15, double Seconds = 20, double WarmUp = 30, string? Program = null, string? Keep = null)
{
    public const string Usage = "Load stages [--per-second 15] [--seconds 20] [--warm-up 30] [--program FOLDER] [--keep FILE]";

    public static StageOptions? Read(string[] arguments)
    {
        var options = new StageOptions();
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
                case "--keep":
                    options = options with { Keep = Path.GetFullPath(arguments[i + 1]) };
                    break;
                case "--per-second" when value > 0:
                    options = options with { PerSecond = value };
                    break;
                case "--seconds" when value > 0:
                    options = options with { Seconds = value };
                    break;
                case "--warm-up" when value > 0:
                    options = options with { WarmUp = value };
                    break;
                default:
                    return null;
            }
        }
        return options;
    }
}
