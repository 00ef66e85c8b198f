using System.Diagnostics.CodeAnalysis;
using System.Text;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Messages;

/// <summary>One Via: the transport, where the response goes, and the transaction's branch (RFC 3261 §20.42, RFC 3581 rport).</summary>
public sealed record ViaHeader(string Transport, HostPort SentBy, SipParameters Parameters)
{
    /// <summary>Begins every branch made by RFC 3261 (§8.1.1.7).</summary>
    public const string MagicCookie = "z9hG4bK";

    public string? Branch => Parameters["branch"];

    /// <summary>
    /// The branch is unique, as RFC 3261 §8.1.1.7 wants. Without it, or with nothing after the cookie (RFC 4475 §3.2.1), transactions are
    /// distinguished by the rules of RFC 2543 (RFC 3261 §17.2.3).
    /// </summary>
    public bool HasUniqueBranch =>
        Branch is { } branch && branch.Length > MagicCookie.Length && branch.StartsWith(MagicCookie, StringComparison.OrdinalIgnoreCase);

    public string? Received => Parameters["received"]?.Trim('[', ']');

    /// <summary>The peer asks for the response to the port it sent from, whether or not the port is filled in yet (RFC 3581 §4).</summary>
    public bool WantsResponsePort => Parameters.Has("rport");

    /// <summary>The filled-in rport; null when absent or still empty.</summary>
    public int? ResponsePort => SipGrammar.TryParseNumber(Parameters["rport"], 65535, out var port) ? (int)port : null;

    /// <summary>The Via of a request of ours.</summary>
    /// <param name="transport">UDP, TCP or TLS.</param>
    /// <param name="sentBy">Where we listen.</param>
    /// <param name="branch">Begins with <see cref="MagicCookie"/> and is unique.</param>
    public static ViaHeader Create(string transport, HostPort sentBy, string branch) =>
        new(transport, sentBy, SipParameters.None.With("rport").With("branch", branch));

    /// <summary>
    /// Adds what a server has to add on reception: "received" when the source differs from sent-by or rport was asked for (RFC 3261
    /// §18.2.1, RFC 3581 §4), and the port when rport was asked for. What the peer claimed there is overwritten.
    /// </summary>
    public ViaHeader StampSource(TransportAddress source)
    {
        var address = source.ToIPAddress();
        var parameters = Parameters.Without("received");
        if (WantsResponsePort || !address.Equals(SentBy.Address))
            parameters = parameters.With("received", address.ToString());
        if (WantsResponsePort)
            parameters = parameters.With("rport", source.Port.ToString());
        return this with { Parameters = parameters };
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out ViaHeader? via)
    {
        via = null;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var protocol) || !protocol.Equals("SIP", StringComparison.OrdinalIgnoreCase)
            || !scanner.TryTakeSeparator('/'))
            return false;
        if (!scanner.TryTakeToken(out var version) || version is not "2.0" || !scanner.TryTakeSeparator('/'))
            return false;
        if (!scanner.TryTakeToken(out var transport) || !SipGrammar.IsWhiteSpace(scanner.Peek))
            return false;
        scanner.SkipWhiteSpace();
        var sentByText = scanner.TakeUntil(";,").TrimEnd(" \t");
        if (!HostPort.TryParse(sentByText, out var sentBy) || !SipParameters.TryParse(ref scanner, out var parameters))
            return false;
        via = new ViaHeader(transport.ToString().ToUpperInvariant(), sentBy, parameters);
        return true;
    }

    public override string ToString()
    {
        var text = new StringBuilder("SIP/2.0/").Append(Transport).Append(' ').Append(SentBy);
        Parameters.WriteTo(text);
        return text.ToString();
    }
}
