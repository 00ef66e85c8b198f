namespace Gateway.Sip.Messages;

/// <summary>
/// The RAck header of a PRACK: which reliable provisional response it acknowledges (RFC 3262 §7.2). RSeq itself is <c>Number("RSeq")</c>.
/// </summary>
public readonly record struct RAck(uint RSeq, CSeq CSeq)
{
    public const string Name = "RAck";

    public static bool TryParse(string? text, out RAck rack)
    {
        rack = default;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var digits) || !SipGrammar.TryParseNumber(digits, uint.MaxValue, out var rseq))
            return false;
        scanner.SkipWhiteSpace();
        if (!CSeq.TryParse(scanner.Rest.ToString(), out var cseq))
            return false;
        rack = new RAck(rseq, cseq);
        return true;
    }

    public override string ToString() => $"{RSeq} {CSeq}";
}
