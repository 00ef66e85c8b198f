namespace Testing.Peers;

/// <summary>As much of a SIP message as ends that trust their peer need.</summary>
public readonly record struct SipMessageText(string Text)
{
    public string StartLine => Text[..Text.IndexOf('\r')];

    /// <summary>0 for a request.</summary>
    public int Status => StartLine.StartsWith("SIP/2.0 ", StringComparison.Ordinal) ? int.Parse(StartLine.AsSpan(8, 3)) : 0;

    public string Body => Text[(Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    public string this[string header] => All(header).First()[(header.Length + 1)..].Trim();

    /// <summary>The digits of the user in From.</summary>
    public string Caller
    {
        get
        {
            var from = this["From"];
            var start = from.IndexOf("sip:", StringComparison.Ordinal) + 4;
            return from[start..from.IndexOf('@', start)].TrimStart('+');
        }
    }

    /// <summary>Whole lines, in order.</summary>
    public IEnumerable<string> All(string header) => Text.Split("\r\n").TakeWhile(line => line.Length > 0)
        .Where(line => line.StartsWith(header + ":", StringComparison.OrdinalIgnoreCase));
}
