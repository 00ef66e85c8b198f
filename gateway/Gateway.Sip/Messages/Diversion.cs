namespace Gateway.Sip.Messages;

/// <summary>
/// One step of a call's way here, newest first: Diversion (RFC 5806) or, oldest first on the wire, History-Info (RFC 7044).
/// </summary>
/// <param name="Address">Who diverted.</param>
/// <param name="Reason">RFC 5806 §9.1: unconditional, user-busy, no-answer, unknown …; empty when not said.</param>
public sealed record Diversion(NameAddr Address, string Reason)
{
    public const string Name = "Diversion";
    public const string HistoryName = "History-Info";

    /// <summary>
    /// Where the call was before it came to us, newest first; Diversion counts before History-Info. Empty for a direct call.
    /// </summary>
    public static IReadOnlyList<Diversion> Read(SipMessage message)
    {
        List<Diversion> steps = [];
        foreach (var address in message.Addresses(Name))
            steps.Add(new Diversion(address, address.Parameters["reason"] ?? ""));
        if (steps.Count > 0)
            return steps;

        // The last entry is the target the request has now; an earlier one was left, and the cause stands on the entry that replaced it.
        var history = message.Addresses(HistoryName);
        for (var i = history.Count - 2; i >= 0; i--)
            steps.Add(new Diversion(history[i], ReasonOfCause(history[i + 1].Uri.Parameters["cause"])));
        return steps;
    }

    public static string Format(SipUri divertedBy, string? displayName, string reason) =>
        new NameAddr(displayName, divertedBy, SipParameters.None.With("reason", reason).With("counter", "1")).ToString();

    /// <summary>The two History-Info entries of a call that <paramref name="divertedBy"/> sent on to <paramref name="target"/>.</summary>
    public static IReadOnlyList<string> FormatHistory(SipUri divertedBy, SipUri target) =>
    [
        new NameAddr(null, divertedBy, SipParameters.None.With("index", "1")).ToString(),
        new NameAddr(null, target.WithParameter("cause", "302"), SipParameters.None.With("index", "1.1").With("mp", "1")).ToString(),
    ];

    /// <summary>RFC 4458 §6.3 causes in the words of Diversion.</summary>
    private static string ReasonOfCause(string? cause) => cause switch
    {
        "404" => "unavailable",
        "408" => "no-answer",
        "480" => "time-of-day",
        "486" => "user-busy",
        "302" => "unconditional",
        "503" => "out-of-service",
        null => "",
        _ => "unknown",
    };
}
