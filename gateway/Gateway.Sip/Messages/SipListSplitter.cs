namespace Gateway.Sip.Messages;

/// <summary>Splits a combined list header at its commas, but not at those inside quotes or angle brackets (RFC 3261 §7.3.1).</summary>
internal static class SipListSplitter
{
    /// <summary>Elements without outer blanks; an empty element stays, so that its absence of content can be refused.</summary>
    public static List<string> Split(string value)
    {
        List<string> elements = [];
        var start = 0;
        var quoted = false;
        var bracketed = false;
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case '\\' when quoted:
                    i++;
                    break;
                case '"' when !bracketed:
                    quoted = !quoted;
                    break;
                case '<' when !quoted:
                    bracketed = true;
                    break;
                case '>' when !quoted:
                    bracketed = false;
                    break;
                case ',' when !quoted && !bracketed:
                    elements.Add(value[start..i].Trim(' ', '\t'));
                    start = i + 1;
                    break;
            }
        }
        elements.Add(value[start..].Trim(' ', '\t'));
        return elements;
    }
}
