using Gateway.Sip.Messages;

namespace Gateway.Sip.Dialogs;

/// <summary>Reads the parties named in a message.</summary>
internal static class SipPartyReader
{
    private const string AnonymousHost = "anonymous.invalid";

    private static readonly string[] AnonymousUsers = ["anonymous", "restricted", "unavailable"];

    public static SipParty? From(NameAddr? address) =>
        address is null
            ? null
            : new SipParty(address.Uri.Subscriber ?? "", address.DisplayName, address.Uri.Host.Length == 0 ? null : address.Uri.Host);

    /// <summary>
    /// P-Asserted-Identity (RFC 3325), or the Remote-Party-ID that older PBXs send instead; null without, or where it is kept secret.
    /// </summary>
    public static SipParty? Asserted(SipMessage message) => First(message, "P-Asserted-Identity") ?? First(message, "Remote-Party-ID");

    /// <summary>
    /// The party that answered: the asserted identity, else the Contact. Null when neither names a user: hosts, empty and secret names are
    /// nobody.
    /// </summary>
    public static SipParty? Answerer(SipMessage message) => Named(Asserted(message)) ?? Named(From(message.Contact));

    /// <summary>
    /// The party at the other end from now on, as a request inside the call names it (RFC 3325, RFC 4916); null when it does not.
    /// </summary>
    public static SipParty? Connected(SipRequest request) =>
        Named(First(request, "P-Asserted-Identity")) ?? Named(First(request, "Remote-Party-ID"));

    /// <summary>RFC 3323 §4.1.1.3, and the words that PBXs write for it.</summary>
    private static bool IsAnonymous(SipParty party) =>
        AnonymousHost.Equals(party.Host, StringComparison.OrdinalIgnoreCase)
        || Array.Exists(AnonymousUsers, user => user.Equals(party.User, StringComparison.OrdinalIgnoreCase));

    private static SipParty? Named(SipParty? party) => party is { User.Length: > 0 } && !IsAnonymous(party) ? party : null;

    private static SipParty? First(SipMessage message, string name)
    {
        var addresses = message.Addresses(name);
        return addresses.Count == 0 || From(addresses[0]) is not { } party || IsAnonymous(party) ? null : party;
    }
}
