using System.Net;
using Gateway.Calls.Permissions;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Media.Engine;

namespace Gateway.Worker.Configuration;

/// <summary>The rules between the options; each broken rule is one sentence that names the key.</summary>
internal static class GatewayOptionsRules
{
    public static IEnumerable<string> Check(GatewayOptions options) =>
    [
        .. Node(options.Node),
        .. Http(options.Http),
        .. options.WhatsApp.Graph.Validate().Select(error => "whatsApp.graph: " + error),
        .. WhatsApp(options.WhatsApp),
        .. Sip(options.Sip),
        .. Trunks(options),
        .. RegistrarRules.Check(options),
        .. Channels(options),
        .. options.Media.Validate().Select(error => "media." + error),
        .. options.Quality.Validate().Select(error => "quality." + error),
        .. Calls(options.Calls),
        .. Storage(options.Storage),
        .. Permissions(options.Permissions),
        .. options.Trace.Validate().Select(error => "trace." + error),
        .. options.Otel.Validate().Select(error => "otel." + error),
        .. options.Hep.Validate().Select(error => "hep." + error),
    ];

    private static IEnumerable<string> Node(NodeOptions node)
    {
        if (node.Id.Length is 0 or > 64 || node.Id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            yield return "node.id: must be 1 to 64 letters, digits, '-', '_' or '.'.";
        if (node.MaxCalls is < 1 or > 100_000)
            yield return "node.maxCalls: must be between 1 and 100000.";
        if (node.Heartbeat < TimeSpan.FromMilliseconds(50) || node.Heartbeat > TimeSpan.FromSeconds(5))
            yield return "node.heartbeat: must be between 50 ms and 5 s.";
        if (node.Lease < node.Heartbeat * 4 || node.Lease > TimeSpan.FromSeconds(30))
            yield return "node.lease: must be at least four times node.heartbeat, and at most 30 s.";
        if (node.LostAfter < TimeSpan.FromSeconds(5) || node.LostAfter > TimeSpan.FromHours(1))
            yield return "node.lostAfter: must be between 5 seconds and 1 hour.";
        if (node.ClusterKeys.Any(key => !ClusterKeys.TryRead(key, out _, out _)))
            yield return "node.clusterKeys: each must be ID:KEY, an id of 1 to 16 letters, digits, '-' or '_', and 32 bytes in base64.";
        if (node.DrainDeadline < TimeSpan.Zero || node.DrainDeadline > TimeSpan.FromHours(4))
            yield return "node.drainDeadline: must be between 0 and 4 hours.";
    }

    private static IEnumerable<string> Http(HttpOptions http)
    {
        foreach (var (key, text) in new[] { ("listen", http.Listen), ("operations", http.Operations) })
            if (!HttpListeners.TryParse(text, out _, out _))
                yield return $"http.{key}: '{text}' is not of the form http://ADDRESS:PORT, without a path (http://*:8080 for every " +
                    $"address).";
        if (http.Listen == http.Operations && !http.Listen.EndsWith(":0", StringComparison.Ordinal))
            yield return "http.operations: must not be the address of http.listen: proxies must not reach health and metrics.";
        if (!http.WebhookPath.StartsWith('/'))
            yield return "http.webhookPath: must begin with '/'.";
        if (http.MaxConnections is < 10 or > 100_000)
            yield return "http.maxConnections: must be between 10 and 100000.";
    }

    private static IEnumerable<string> WhatsApp(WhatsAppOptions whatsApp)
    {
        if (whatsApp.AppSecrets.Count == 0 || whatsApp.AppSecrets.Any(secret => secret.Reveal().Length == 0))
            yield return "whatsApp.appSecrets: at least one is required, none empty: otherwise anybody could sign webhooks.";
        if (whatsApp.VerifyToken.Reveal().Length == 0)
            yield return "whatsApp.verifyToken: must not be empty.";
        if (whatsApp.StaleOffer < TimeSpan.FromSeconds(5))
            yield return "whatsApp.staleOffer: must be at least 5 s.";
        if (whatsApp.SettingsInterval < TimeSpan.FromSeconds(1) || whatsApp.SettingsInterval > TimeSpan.FromDays(1))
            yield return "whatsApp.settingsInterval: must be between 1 s and 1 day.";
    }

    private static IEnumerable<string> Sip(SipOptions sip)
    {
        if (sip.Listen.Count == 0)
            yield return "sip.listen: at least one address is required.";
        foreach (var text in sip.Listen)
            if (!SipAddresses.TryParseListener(text, out _))
                yield return $"sip.listen: '{text}' is not of the form udp:ADDRESS:PORT, tcp:…, tls:…, ws:… or wss:…, optionally with " +
                    $";advertised=HOST:PORT.";
        foreach (var network in sip.LocalNetworks.Where(text => !IPNetwork.TryParse(text, out _)))
            yield return $"sip.localNetworks: '{network}' is not a network such as 10.0.0.0/8.";
        if (sip.Listen.Any(text => text.StartsWith("tls:", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("wss:", StringComparison.OrdinalIgnoreCase)) && sip.Tls?.CertificatePath is null)
            yield return "sip.tls.certificatePath: a tls or wss listener needs a certificate.";
        if (sip.Tls is { ClientCertificates: not ClientCertificates.None, AuthorityPath: null })
            yield return "sip.tls.clientCertificates: sip.tls.authorityPath must name the accepted authority.";
        if (!SipProfileSet.TryLoad(sip.Profiles ?? SipProfileSet.DefaultDirectory, out var profiles, out var faults))
            foreach (var fault in faults)
                yield return "sip.profiles: " + fault;
        foreach (var trunk in sip.Trunks.Where(t => profiles is not null && profiles.Find(t.Profile) is null))
            yield return $"sip.trunks['{trunk.Name}'].profile: there is no profile '{trunk.Profile}'; available: " +
                $"{string.Join(", ", profiles!.Names.Order())}.";
        foreach (var name in sip.Trunks.GroupBy(t => t.Name).Where(g => g.Count() > 1))
            yield return $"sip.trunks: '{name.Key}' occurs twice.";
    }

    private static IEnumerable<string> Trunks(GatewayOptions options)
    {
        var sip = options.Sip;
        foreach (var trunk in sip.Trunks)
        {
            if (trunk.Listen is { } listen
                && sip.Listen.All(text => !text.Split(';')[0].Equals(listen, StringComparison.OrdinalIgnoreCase)))
                yield return $"sip.trunks['{trunk.Name}'].listen: '{listen}' is not one of sip.listen.";
            else if (trunk.Listen is not null && trunk.Transport is { } transport
                && !trunk.Listen.StartsWith($"{transport}:", StringComparison.OrdinalIgnoreCase))
                yield return $"sip.trunks['{trunk.Name}'].listen: '{trunk.Listen}' does not use {transport}.";
            if (trunk.Transport is { } kind && kind.IsWebSocket()
                || trunk.Listen is { } at && SipAddresses.TryParseEndPoint(at, out var ofListener, out _) && ofListener.IsWebSocket())
                yield return $"sip.trunks['{trunk.Name}']: WebSockets are for registered phones; a trunk takes Udp, Tcp or Tls.";
            if (trunk.MaxCallRate is < 1 or > 10_000)
                yield return $"sip.trunks['{trunk.Name}'].maxCallRate: 1 … 10000.";
            if (trunk.MaxRequestRate is < 10 or > 100_000)
                yield return $"sip.trunks['{trunk.Name}'].maxRequestRate: 10 … 100000.";
            else if (trunk.MaxRequestRate < trunk.MaxCallRate * 2) // a call may take two INVITEs: without credentials and with them
                yield return $"sip.trunks['{trunk.Name}'].maxRequestRate: at least twice maxCallRate; a challenged call takes two " +
                    $"requests.";
            if (trunk.CertificatePath is { } certificate && !File.Exists(certificate))
                yield return $"sip.trunks['{trunk.Name}'].certificatePath: there is no file '{certificate}'.";
            if (trunk.MediaAddress is { } media && !options.Media.Pbx.Bindings.Any(binding => IsAdvertised(binding, media)))
                yield return $"sip.trunks['{trunk.Name}'].mediaAddress: none of media.pbx.bindings advertises '{media}' first.";
            foreach (var network in trunk.AllowedSources.Where(text => !IPNetwork.TryParse(text, out _)))
                yield return $"sip.trunks['{trunk.Name}'].allowedSources: '{network}' is not a network such as 10.0.0.0/8.";
            if (trunk.LatchAfter < TimeSpan.FromSeconds(0.5) || trunk.LatchAfter > TimeSpan.FromMinutes(1))
                yield return $"sip.trunks['{trunk.Name}'].latchAfter: must be between 0.5 and 60 s.";
            if (trunk.HoldMusicAfter < TimeSpan.FromSeconds(1) || trunk.HoldMusicAfter > TimeSpan.FromMinutes(1))
                yield return $"sip.trunks['{trunk.Name}'].holdMusicAfter: must be between 1 and 60 s.";
            if (trunk.MaxRedirects is < 0 or > 20)
                yield return $"sip.trunks['{trunk.Name}'].maxRedirects: must be between 0 and 20.";
            if (trunk.TraceHeader is { } header && !OtelOptions.IsHeader(header))
                yield return $"sip.trunks['{trunk.Name}'].traceHeader: must be 1 to 64 letters, digits or '-'.";
            if (trunk.User is null != trunk.Password is null || trunk.InboundUser is null != trunk.InboundPassword is null)
                yield return $"sip.trunks['{trunk.Name}']: a user and its password must be set together.";
            foreach (var fault in trunk.DialRules?.Validate() ?? [])
                yield return $"sip.trunks['{trunk.Name}'].dialRules.{fault}";
            if (trunk.Channel is { } channel && options.Channels.All(c => c.PhoneNumberId != channel))
                yield return $"sip.trunks['{trunk.Name}'].channel: there is no channel '{channel}'.";
            if (trunk.Channel is null && options.Channels.Count > 1)
                yield return $"sip.trunks['{trunk.Name}'].channel: is required, since there are {options.Channels.Count} channels: the " +
                    $"one of its outbound calls.";
        }
    }

    /// <summary>However both are spelt.</summary>
    private static bool IsAdvertised(MediaBinding binding, string address) =>
        IPAddress.TryParse(binding.Advertise.Count > 0 ? binding.Advertise[0] : binding.Bind, out var first)
        && IPAddress.TryParse(address, out var wanted) && first.Equals(wanted);

    private static IEnumerable<string> Channels(GatewayOptions options)
    {
        if (options.Channels.Count == 0)
            yield return "channels: at least one is required.";
        foreach (var id in options.Channels.GroupBy(c => c.PhoneNumberId).Where(g => g.Count() > 1))
            yield return $"channels: '{id.Key}' occurs twice.";
        foreach (var channel in options.Channels)
        {
            if (channel.AccessToken.Reveal().Length == 0)
                yield return $"channels['{channel.PhoneNumberId}'].accessToken: must not be empty.";
            if (channel.Number.Length is < 5 or > 15 || channel.Number.Any(c => !char.IsAsciiDigit(c)))
                yield return $"channels['{channel.PhoneNumberId}'].number: must be 5 to 15 digits with country code, without '+'.";
            if (channel.TraceSampled is { } part && part is not (>= 0 and <= 1))
                yield return $"channels['{channel.PhoneNumberId}'].traceSampled: must be between 0 and 1.";
            foreach (var trunk in channel.Trunks.Where(name => options.Sip.AllTrunks().All(t => t.Name != name)))
                yield return $"channels['{channel.PhoneNumberId}'].trunks: there is no trunk '{trunk}'.";
            foreach (var trunk in channel.Trunks.Where(name => options.Sip.Trunks.Any(t => t.Name == name && t.Pstn)))
                yield return $"channels['{channel.PhoneNumberId}'].trunks: '{trunk}' is marked pstn, and Meta forbids calls there.";
        }
    }

    private static IEnumerable<string> Storage(StorageOptions storage)
    {
        if (storage.Spool is { Length: 0 })
            yield return "storage.spool: must be a folder, or null.";
        if (storage.KeepCalls < TimeSpan.FromDays(32))
            yield return "storage.keepCalls: must be at least 32 days.";
        if (storage.KeepSettled < TimeSpan.Zero || storage.KeepSettled > TimeSpan.FromDays(60))
            yield return "storage.keepSettled: must be between zero and 60 days.";
        if (storage.SpoolLimit is < 100 or > 10_000_000)
            yield return "storage.spoolLimit: must be between 100 and 10000000.";
    }

    private static IEnumerable<string> Calls(Gateway.Calls.Lifecycle.CallOptions calls)
    {
        TimeSpan[] waits =
        [
            calls.Preparation, calls.GraphAnswer, calls.PbxAnswer, calls.WhatsAppAnswer, calls.MediaConnect, calls.HangUpNotice,
            calls.ConnectNotice, calls.ReleaseRetry, calls.Ending, calls.HoldSlice, calls.HoldRetry, calls.BalanceWarning,
        ];
        if (waits.Any(wait => wait <= TimeSpan.Zero || wait > TimeSpan.FromMinutes(10)))
            yield return "calls: every timeout must be between 0 and 10 minutes.";
        if (calls.PbxAnswer > TimeSpan.FromSeconds(55))
            yield return "calls.pbxAnswer: must be at most 55 s, since Meta closes the accept window after 60 s.";
        if (calls.OutageCap is < 0 or > 1_000_000)
            yield return "calls.outageCap: must be between 0 and 1000000.";
        if (calls.ReleaseTries is < 1 or > 10)
            yield return "calls.releaseTries: must be between 1 and 10.";
    }

    private static IEnumerable<string> Permissions(PermissionLimits limits)
    {
        if (limits.RequestsPerDay is < 1 or > 100 || limits.RequestsPerWeek is < 1 or > 100)
            yield return "permissions.requestsPerDay, permissions.requestsPerWeek: must be between 1 and 100.";
        if (limits.UnansweredUntilRevoked is < 1 or > 100)
            yield return "permissions.unansweredUntilRevoked: must be between 1 and 100.";
        TimeSpan[] waits = [limits.Window, limits.TemporaryFor, limits.DeclinedWait, limits.ReturnCallFor];
        if (waits.Any(wait => wait < TimeSpan.Zero || wait > TimeSpan.FromDays(365)))
            yield return "permissions: every time must be between 0 and a year.";
    }
}
