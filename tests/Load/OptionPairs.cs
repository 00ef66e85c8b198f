using System.Globalization;

namespace Load;

/// <summary>Reads a command line of names and values.</summary>
internal static class OptionPairs
{
    /// <summary>Takes one pair after another into the options.</summary>
    /// <param name="arguments">Names, each with its value behind it.</param>
    /// <param name="options">The defaults.</param>
    /// <param name="take">
    /// The options with a pair: its name, its value, and the number that this is, 0 where it is none above 0. Null: the pair does not fit.
    /// </param>
    /// <returns>Null where a value is missing or a pair does not fit.</returns>
    public static T? Read<T>(string[] arguments, T options, Func<T, string, string, double, T?> take)
        where T : class
    {
        if (arguments.Length % 2 != 0)
            return null;
        T? all = options;
        for (var i = 0; i < arguments.Length && all is not null; i += 2)
        {
            var (name, text) = (arguments[i], arguments[i + 1]);
            var number = double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : 0;
            all = take(all, name, text, number);
        }
        return all;
    }
}
