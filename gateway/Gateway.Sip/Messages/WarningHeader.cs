using System.Diagnostics.CodeAnalysis;

namespace Gateway.Sip.Messages;

/// <summary>A Warning: the sentence behind a 488 and the like (RFC 3261 §20.43).</summary>
/// <param name="Code">Three digits, 3xx.</param>
/// <param name="Agent">Host or pseudonym that added it.</param>
/// <param name="Text">For humans.</param>
public sealed record WarningHeader(int Code, string Agent, string Text)
{
    public const string Name = "Warning";

    public static bool TryParse(string? text, [NotNullWhen(true)] out WarningHeader? warning)
    {
        warning = null;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var digits) || digits.Length != 3 || !SipGrammar.TryParseNumber(digits, 999, out var code))
            return false;
        scanner.SkipWhiteSpace();
        var agent = scanner.TakeUntil(" \t\"").ToString();
        scanner.SkipWhiteSpace();
        if (agent.Length == 0 || !scanner.TryTakeQuoted(out var quoted))
            return false;
        warning = new WarningHeader((int)code, agent, SipGrammar.Unquote(quoted.ToString()));
        return true;
    }

    public override string ToString() => $"{Code} {Agent} {SipGrammar.Quote(Text)}";
}
