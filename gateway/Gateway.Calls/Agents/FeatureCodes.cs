namespace Gateway.Calls.Agents;

/// <summary>What an agent asks for by a code dialled at the phone.</summary>
public enum FeatureCode
{
    /// <summary>`*11`: at work, to be rung.</summary>
    Available,

    /// <summary>`*12`, or `*12` and one digit that gives the reason: not to be rung.</summary>
    Away,

    /// <summary>`*13`: work is over.</summary>
    Offline,

    /// <summary>`*14`: the wrap-up is done.</summary>
    EndWrapUp,

    /// <summary>`*15`: takes the user's call that has rung or waited the longest for a group of the agent.</summary>
    PickUp,
}

/// <summary>Reads feature codes. A code is what is dialled in place of a number.</summary>
public static class FeatureCodes
{
    /// <summary>
    /// True: <paramref name="dialled"/> begins as a code does (`*1`), whether or not there is one; <paramref name="code"/> is null where
    /// there is none.
    /// </summary>
    /// <param name="dialled">What the phone dialled.</param>
    /// <param name="code">The code.</param>
    /// <param name="digit">The digit after `*12`, which names the reason; null: none.</param>
    public static bool TryRead(string dialled, out FeatureCode? code, out char? digit)
    {
        (code, digit) = (null, null);
        if (!dialled.StartsWith("*1", StringComparison.Ordinal))
            return false;
        if (dialled.Length == 4 && dialled[2] == '2' && char.IsAsciiDigit(dialled[3]))
            (code, digit) = (FeatureCode.Away, dialled[3]);
        else if (dialled.Length == 3)
            code = dialled[2] switch
            {
                '1' => FeatureCode.Available,
                '2' => FeatureCode.Away,
                '3' => FeatureCode.Offline,
                '4' => FeatureCode.EndWrapUp,
                '5' => FeatureCode.PickUp,
                _ => null,
            };
        return true;
    }
}
