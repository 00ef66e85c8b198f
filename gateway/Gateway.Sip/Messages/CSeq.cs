namespace Gateway.Sip.Messages;

/// <summary>The CSeq header: a 32-bit sequence number and the method it numbers (RFC 3261 §20.16).</summary>
public readonly record struct CSeq(uint Number, SipMethod Method)
{
    public static bool TryParse(string text, out CSeq cseq)
    {
        cseq = default;
        var scanner = new SipScanner(text);
        if (!scanner.TryTakeToken(out var digits) || !SipGrammar.TryParseNumber(digits, uint.MaxValue, out var number))
            return false;
        scanner.SkipWhiteSpace();
        if (!SipMethod.TryParse(scanner.Rest, out var method))
            return false;
        cseq = new CSeq(number, method);
        return true;
    }

    public override string ToString() => $"{Number} {Method}";
}
