namespace Gateway.WhatsApp.Graph;

/// <summary>The address of the Graph API and the timeouts of its actions.</summary>
public sealed record GraphOptions
{
    /// <summary>The base address without version; may be a sandbox or a proxy.</summary>
    public Uri BaseUrl { get; init; } = new("https://graph.facebook.com/");

    /// <summary>"v25.0": Meta retires versions, so an operator must be able to change it.</summary>
    public string Version { get; init; } = "v25.0";

    /// <summary>Timeout of starting a call, answer included.</summary>
    public TimeSpan ConnectDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Timeout of pre_accept and of accept: the caller waits meanwhile.</summary>
    public TimeSpan AnswerDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Timeout of reject and terminate, attempts included: a call that is not ended costs more than the wait.</summary>
    public TimeSpan EndDeadline { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan ReadDeadline { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MessageDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum number of attempts of an action that may be repeated.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Back-off before the second attempt; it doubles each time.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The maximum length of an answer, in bytes.</summary>
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
            faults.Add("Graph deadlines and back-off must be between 0 and 2 minutes.");
        if (MaxAttempts is < 1 or > 10)
            faults.Add("Graph attempts must be between 1 and 10.");
        return faults;
    }

    private static bool IsVersion(string version)
    {
        var parts = version.StartsWith('v') ? version[1..].Split('.') : [];
        return parts.Length == 2 && parts.All(part => part.Length is > 0 and < 4 && part.All(char.IsAsciiDigit));
    }
}
