namespace Gateway.Sip.Messages;

/// <summary>Somebody named in a From, To, P-Asserted-Identity or Diversion header.</summary>
/// <param name="User">The URI's user part, unescaped: a number or an extension; empty when the URI has none.</param>
/// <param name="DisplayName">Unquoted; null when absent.</param>
/// <param name="Host">The URI's host; null means the trunk's own domain when written.</param>
public sealed record SipParty(string User, string? DisplayName = null, string? Host = null);
