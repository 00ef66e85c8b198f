using System.Diagnostics.CodeAnalysis;
using Gateway.Worker.Setup;

namespace Gateway.Worker;

/// <summary>The command line of every verb that reads a configuration: verb, file, words, flags.</summary>
internal sealed record CommandLine(string Verb, string Path, IReadOnlyList<string> Words)
{
    /// <summary>Flags with their values; "" for those that have none.</summary>
    private Dictionary<string, string> Flags { get; init; } = [];

    /// <summary>Null: the flag was not given.</summary>
    public string? this[string flag] => Flags.GetValueOrDefault(flag);

    /// <summary>Of `meta`.</summary>
    public MetaTarget MetaTarget => new(Flags["app"], Flags["account"], this["url"] is { } url ? new Uri(url) : null);

    public bool Has(string flag) => Flags.ContainsKey(flag);

    /// <summary>False: it is not one that the usage names.</summary>
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out CommandLine? line)
    {
        line = null;
        string[] words = [.. arguments.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal))];
        if (words.Any(word => word.StartsWith('-')) || !TryReadFlags(arguments.Skip(words.Length).ToArray(), out var flags))
            return false;
        CommandLine? read = words switch
        {
            [var path] => new("run", path, []),
            ["meta", var what, var path] when what is "check" or "setup" => new("meta " + what, path, []),
            [var verb, var path] when verb is "run" or "check" or "print-config" or "migrate" or "health" => new(verb, path, []),
            ["settle" or "trace", var path, var word] => new(words[0], path, [word]),
            ["route-test", var path, "inbound", var number, var user] => new("route-test", path, ["inbound", number, user]),
            ["route-test", var path, "inbound", var number] => new("route-test", path, ["inbound", number]),
            ["route-test", var path, var trunk, var number] => new("route-test", path, [trunk, number]),
            _ => null,
        };
        if (read is null || !Fit(read.Verb, flags))
            return false;
        line = read with { Flags = flags };
        return true;
    }

    private static bool Fit(string verb, Dictionary<string, string> flags)
    {
        string[] known = verb switch
        {
            "check" => ["connect", "stun"],
            "meta check" or "meta setup" => ["app", "account", "url"],
            _ => [],
        };
        string[] needed = verb switch
        {
            "check" when flags.Count > 0 => ["connect"],
            "meta check" => ["app", "account"],
            "meta setup" => known,
            _ => [],
        };
        return flags.Keys.All(known.Contains) && needed.All(flags.ContainsKey)
            && (!flags.TryGetValue("url", out var url) || Uri.TryCreate(url, UriKind.Absolute, out _));
    }

    private static bool TryReadFlags(string[] rest, out Dictionary<string, string> flags)
    {
        flags = [];
        for (var i = 0; i < rest.Length; i++)
        {
            var name = rest[i].StartsWith("--", StringComparison.Ordinal) ? rest[i][2..] : "";
            var hasValue = name != "connect";
            if (name.Length == 0 || (hasValue && i + 1 == rest.Length) || !flags.TryAdd(name, hasValue ? rest[i + 1] : ""))
                return false;
            i += hasValue ? 1 : 0;
        }
        return true;
    }
}
