namespace Faults.Runs;

/// <summary>What a run is given.</summary>
public sealed record FaultRunOptions
{
    public const string Usage = """
        Faults run --seed N [--minutes M] [--calls C] [--redis single|sentinel] [--no-takeover] [--history FILE]
            three gateways under calls and the faults of this seed; judged at the end: exit 0 only if no rule was broken
            --minutes      of calling; 1 if not said            --calls    at one time; 8 if not said
            --redis        one server, or a primary and a replica that change places; the seed says if not said
            --no-takeover  nodes leave no snapshots             --history  where the facts are written; a temporary file if not said
        Faults judge FILE
            judges a history once more
        """;

    /// <summary>Of everything that is drawn.</summary>
    public int Seed { get; init; }

    /// <summary>Of calling; settling comes behind it.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Calls at one time.</summary>
    public int Calls { get; init; } = 8;

    /// <summary>Nodes leave snapshots: calls of a lost one go on elsewhere.</summary>
    public bool TakesOver { get; init; } = true;

    /// <summary>Redis has a replica and a Sentinel; null: the seed says.</summary>
    public bool? HasSentinel { get; init; }

    /// <summary>Where the facts are written; null: nowhere.</summary>
    public string? History { get; init; }

    /// <summary>Null: they cannot be read.</summary>
    public static FaultRunOptions? Read(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var options = new FaultRunOptions { Seed = Random.Shared.Next(1_000_000) };
        for (var i = 0; i < arguments.Count; i++)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--no-takeover":
                    options = options with { TakesOver = false };
                    continue;
                case "--redis" when value is "single" or "sentinel":
                    options = options with { HasSentinel = value == "sentinel" };
                    break;
                case "--seed" when int.TryParse(value, out var seed):
                    options = options with { Seed = seed };
                    break;
                case "--minutes" when double.TryParse(value, out var minutes) && minutes > 0:
                    options = options with { Length = TimeSpan.FromMinutes(minutes) };
                    break;
                case "--calls" when int.TryParse(value, out var calls) && calls > 0:
                    options = options with { Calls = calls };
                    break;
                case "--history" when value.Length > 0:
                    options = options with { History = value };
                    break;
                default:
                    return null;
            }
            i++;
        }
        return options;
    }
}
