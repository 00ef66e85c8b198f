namespace Gateway.WhatsApp.Graph;

/// <summary>Where the Graph API is and how long each action may take.</summary>
public sealed record GraphOptions
{
    /// <summary>Without version; a sandbox or a proxy may stand in.</summary>
    public Uri BaseUrl { get; init; } = new("https://graph.facebook.com/");

    /// <summary>"v25.0": Meta retires versions, so an operator must be able to move.</summary>
    public string Version { get; init; } = "v25.0";

    /// <summary>Whole time for starting a call, answer included.</summary>
    public TimeSpan ConnectDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whole time for pre_accept and for accept: the caller waits meanwhile.</summary>
    public TimeSpan AnswerDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whole time for reject and terminate, attempts included: a call left standing costs more than the wait.</summary>
    public TimeSpan EndDeadline { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan ReadDeadline { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MessageDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Attempts of an action that may be repeated.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Wait before the second attempt; it doubles each time.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Bytes of an answer that are read.</summary>
    public int MaxAnswerLength { get; init; } = 256 * 1024;

    /// <summary>Every fault in one list; empty when usable.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (!BaseUrl.IsAbsoluteUri || BaseUrl.Scheme is not ("https" or "http"))
            faults.Add("Graph base URL must be an absolute http(s) address.");
        if (!IsVersion(Version))
            faults.Add($"Graph version \"{Version}\" is not of the form v25.0.");
        TimeSpan[] times = [ConnectDeadline, AnswerDeadline, EndDeadline, ReadDeadline, MessageDeadline, FirstBackoff];
        if (times.Any(time => time <= TimeSpan.Zero || time > TimeSpan.FromMinutes(2)))
            faults.Add("Graph deadlines and backoff must lie between 0 and 2 minutes.");
        if (MaxAttempts is < 1 or > 10)
            faults.Add("Graph attempts must lie between 1 and 10.");
        return faults;
    }

    private static bool IsVersion(string version)
    {
        var parts = version.StartsWith('v') ? version[1..].Split('.') : [];
        return parts.Length == 2 && parts.All(part => part.Length is > 0 and < 4 && part.All(char.IsAsciiDigit));
    }
}
