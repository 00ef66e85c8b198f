using Gateway.Sip.Messages;

namespace Gateway.Sip.Registrar;

/// <summary>A REGISTER that is answered with no.</summary>
/// <param name="Result">Counted.</param>
/// <param name="Status">400 to 699.</param>
/// <param name="Reason">The reason phrase: what whoever set the phone up has to read.</param>
/// <param name="Headers">Min-Expires, Unsupported, Retry-After.</param>
internal sealed record RegisterRefusal(
    RegistrationResult Result, int Status, string? Reason = null, params IReadOnlyList<SipHeader> Headers);
