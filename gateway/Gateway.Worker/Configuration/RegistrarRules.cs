using System.Net;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;

namespace Gateway.Worker.Configuration;

/// <summary>The rules of sip.registrar; each broken rule is one sentence that names the key.</summary>
internal static class RegistrarRules
{
    private const int MinSecret = 32;

    public static IEnumerable<string> Check(GatewayOptions options)
    {
        var registrar = options.Sip.Registrar;
        if (!registrar.Enabled)
            return WebSocketsWithoutPhones(options.Sip);
        return [.. Origins(options.Sip), .. Place(options, registrar), .. Times(registrar), .. LockOut(registrar.LockOut),
            .. Cluster(options, registrar), .. Phones(registrar)];
    }

    private static IEnumerable<string> WebSocketsWithoutPhones(SipOptions sip) => sip.Listen.Where(IsForWebSockets)
        .Select(text => $"sip.listen: '{text}' is for registered phones: sip.registrar.enabled must be true.");

    private static IEnumerable<string> Origins(SipOptions sip) => sip.AllowedOrigins
        .Where(text => text != "*" && !(Uri.TryCreate(text, UriKind.Absolute, out var origin) && origin.Scheme is "http" or "https"
            && origin.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase)))
        .Select(text => $"sip.allowedOrigins: '{text}' is no origin of a page such as https://console.example.com.");

    private static bool IsForWebSockets(string listen) =>
        SipAddresses.TryParseListener(listen, out var listener) && listener.Transport.IsWebSocket();

    private static IEnumerable<string> Place(GatewayOptions options, RegistrarConfiguration registrar)
    {
        if (string.IsNullOrEmpty(registrar.Realm) || Uri.CheckHostName(registrar.Realm) == UriHostNameType.Unknown)
            yield return "sip.registrar.realm: the phones' domain is required, such as phones.example.com.";
        if (registrar.Trunk.Length == 0 || options.Sip.Trunks.Any(trunk => trunk.Name == registrar.Trunk))
            yield return $"sip.registrar.trunk: '{registrar.Trunk}' must be a name that no trunk has.";
        if (SipProfileSet.TryLoad(options.Sip.Profiles ?? SipProfileSet.DefaultDirectory, out var profiles, out _)
            && profiles.Find(registrar.Profile) is null)
            yield return $"sip.registrar.profile: there is no profile '{registrar.Profile}'; available: " +
                $"{string.Join(", ", profiles.Names.Order())}.";
        if (registrar.Channel is { } channel && options.Channels.All(c => c.PhoneNumberId != channel))
            yield return $"sip.registrar.channel: there is no channel '{channel}'.";
        if (registrar.Channel is null && options.Channels.Count > 1)
            yield return $"sip.registrar.channel: is required, since there are {options.Channels.Count} channels: the one of " +
                "the phones' calls.";
    }

    private static IEnumerable<string> Times(RegistrarConfiguration registrar)
    {
        if (registrar.MinExpires < TimeSpan.FromSeconds(10) || registrar.MinExpires > TimeSpan.FromHours(1))
            yield return "sip.registrar.minExpires: must be between 10 s and 1 hour.";
        if (registrar.MaxExpires < registrar.MinExpires || registrar.MaxExpires > TimeSpan.FromDays(1))
            yield return "sip.registrar.maxExpires: must be between minExpires and 1 day.";
        if (registrar.MaxContacts is < 1 or > 20)
            yield return "sip.registrar.maxContacts: must be between 1 and 20.";
    }

    private static IEnumerable<string> LockOut(LockOutOptions lockOut)
    {
        if (lockOut.Failures is < 3 or > 1000)
            yield return "sip.registrar.lockOut.failures: must be between 3 and 1000.";
        if (lockOut.Window < TimeSpan.FromSeconds(10) || lockOut.Window > TimeSpan.FromHours(1))
            yield return "sip.registrar.lockOut.window: must be between 10 s and 1 hour.";
        if (lockOut.Duration < TimeSpan.FromSeconds(10) || lockOut.Duration > TimeSpan.FromDays(1))
            yield return "sip.registrar.lockOut.duration: must be between 10 s and 1 day.";
        if (lockOut.MaxDuration < lockOut.Duration || lockOut.MaxDuration > TimeSpan.FromDays(7))
            yield return "sip.registrar.lockOut.maxDuration: must be between duration and 7 days.";
    }

    private static IEnumerable<string> Cluster(GatewayOptions options, RegistrarConfiguration registrar)
    {
        if (registrar.ClusterSecret is { } secret && secret.Reveal().Length < MinSecret)
            yield return $"sip.registrar.clusterSecret: must have at least {MinSecret} characters, the same at all nodes.";
        if (registrar.ClusterAddress is { } address)
        {
            if (registrar.ClusterSecret is null)
                yield return "sip.registrar.clusterAddress: has no use without clusterSecret.";
            if (!SipAddresses.TryParseEndPoint(address, out var transport, out var at) || at.Port == 0 || IsAny(at.Address)
                || transport.IsWebSocket()
                || !options.Sip.Listen.Any(text => SipAddresses.TryParseListener(text, out var own) && own.Transport == transport))
                yield return $"sip.registrar.clusterAddress: '{address}' is not udp:ADDRESS:PORT, tcp:… or tls:… of a listener.";
        }
        else if (registrar.ClusterSecret is not null && options.Sip.Listen.FirstOrDefault(text => !IsForWebSockets(text)) is var listen
            && SipAddresses.TryParseListener(listen ?? "", out var first) && (first.AdvertisedHost ?? options.Sip.AdvertisedHost
            ?? (IsAny(first.Bind.Address) ? null : first.Bind.Address.ToString())) is var host && !IPAddress.TryParse(host, out _))
            yield return "sip.registrar.clusterAddress: is required, since the first of sip.listen names no address that nodes reach.";
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IEnumerable<string> Phones(RegistrarConfiguration registrar)
    {
        foreach (var phone in registrar.Phones)
        {
            if (phone.User.Length is 0 or > 64 || phone.User.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '+')))
                yield return $"sip.registrar.phones['{phone.User}'].user: must be 1 to 64 letters, digits, '-', '_', '.' or '+'.";
            if (phone.Password.Reveal().Length < 8)
                yield return $"sip.registrar.phones['{phone.User}'].password: must have at least 8 characters.";
        }
        foreach (var user in registrar.Phones.GroupBy(phone => phone.User).Where(group => group.Count() > 1))
            yield return $"sip.registrar.phones: '{user.Key}' occurs twice.";
    }
}
