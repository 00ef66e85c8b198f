using Gateway.Sip.Messages;

namespace Gateway.Sip.Dialogs;

/// <summary>Who is who in a message.</summary>
internal static class SipPartyReader
{
    public static SipParty? From(NameAddr? address) =>
        address is null ? null : new SipParty(address.Uri.Subscriber ?? "", address.DisplayName, address.Uri.Host.Length == 0 ? null : address.Uri.Host);

    /// <summary>P-Asserted-Identity (RFC 3325), or the Remote-Party-ID that older PBXs send instead.</summary>
    public static SipParty? Asserted(SipMessage message) => First(message, "P-Asserted-Identity") ?? First(message, "Remote-Party-ID");

    /// <summary>Who sent the call on to us last: Diversion or History-Info.</summary>
    public static SipParty? Diverted(SipMessage message)
    {
        var steps = Diversion.Read(message);
        return steps.Count == 0 ? null : From(steps[0].Address);
    }

    private static SipParty? First(SipMessage message, string name)
    {
        var addresses = message.Addresses(name);
        return addresses.Count == 0 ? null : From(addresses[0]);
    }
}
