using System.Net;
using System.Net.Sockets;
using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Engine;

namespace Gateway.Worker.Configuration;

/// <summary>Builds the settings of the SIP endpoint and of calls from a configured trunk and its PBX profile.</summary>
internal static class Trunks
{
    public static SipEndpointOptions Endpoint(
        ConfigurationSnapshot snapshot, DescriptorBudget budget, IPhoneCredentials phones, IPhoneTickets? tickets = null) => new()
    {
        Listeners = [.. snapshot.Options.Sip.Listen.Select(text => Listener(text, snapshot.Options.Sip.AdvertisedHost))],
        Trunks = [.. snapshot.Trunks.Values.Select(trunk => ForSip(trunk, ProfileOf(snapshot, trunk)) with
        {
            Registrar = IsOfPhones(snapshot.Options, trunk) ? Registrar(snapshot.Options.Sip.Registrar, phones, tickets) : null,
        })],
        Tls = snapshot.Options.Sip.Tls,
        AllowedOrigins = snapshot.Options.Sip.AllowedOrigins,
        LocalNetworks = [.. snapshot.Options.Sip.LocalNetworks.Select(text => IPNetwork.Parse(text))],
        // A call too many is refused by admission, which leaves a record of it; only a flood of them is refused before that.
        MaxCalls = budget.Attempts,
        Limits = new SipTransportLimits { MaxConnections = budget.SipConnections, MaxOutgoing = budget.SipOutgoing },
    };

    /// <summary>The way from one configuration to the next for a running endpoint. The registered phones' trunk always stays.</summary>
    public static SipReload Changes(ConfigurationSnapshot before, ConfigurationSnapshot next)
    {
        var kept = next.Trunks.Values.Where(trunk => IsOfPhones(next.Options, trunk)
            || (before.Trunks.TryGetValue(trunk.Name, out var old) && before.FingerprintOf(old) == next.FingerprintOf(trunk))).ToArray();
        return new SipReload
        {
            Kept = kept.Select(trunk => trunk.Name).ToHashSet(),
            Changed = [.. next.Trunks.Values.Except(kept).Select(trunk => ForSip(trunk, ProfileOf(next, trunk)))],
            Tls = next.Options.Sip.Tls,
        };
    }

    public static IEnumerable<PbxTrunk> ForCalls(ConfigurationSnapshot snapshot) =>
        snapshot.Trunks.Values.Select(trunk => ForCalls(trunk, ProfileOf(snapshot, trunk) with
        {
            // whatever the profile says: phones are where their users are
            NatLatching = ProfileOf(snapshot, trunk).NatLatching || IsOfPhones(snapshot.Options, trunk),
        }));

    private static bool IsOfPhones(GatewayOptions options, TrunkConfiguration trunk) =>
        options.Sip.Registrar.Enabled && trunk.Name == options.Sip.Registrar.Trunk;

    private static RegistrarOptions Registrar(
        RegistrarConfiguration registrar, IPhoneCredentials phones, IPhoneTickets? tickets) => new()
    {
        Realm = registrar.Realm!,
        Credentials = phones,
        Tickets = tickets,
        MinExpires = registrar.MinExpires,
        MaxExpires = registrar.MaxExpires,
        MaxContacts = registrar.MaxContacts,
        LockOut = registrar.LockOut,
        Edge = registrar.ClusterSecret is { } secret ? new EdgeOptions { Secret = secret.Reveal(), Address = Edge(registrar) } : null,
    };

    private static EdgeAddress? Edge(RegistrarConfiguration registrar) => registrar.ClusterAddress is { } text
        && SipAddresses.TryParseEndPoint(text, out var transport, out var at) ? new EdgeAddress(transport, at) : null;

    /// <summary>The profile from the folder, with the overrides of the trunk's own configuration.</summary>
    private static SipProfile ProfileOf(ConfigurationSnapshot snapshot, TrunkConfiguration trunk)
    {
        if (snapshot.Profiles.Find(trunk.Profile) is not { } profile)
            throw new ArgumentException($"There is no profile '{trunk.Profile}'.", nameof(trunk)); // the options were checked before
        return profile with
        {
            Dtmf = trunk.Dtmf ?? profile.Dtmf,
            OptionsInterval = trunk.KeepAlive is { } every ? (int)every.TotalSeconds : profile.OptionsInterval,
        };
    }

    private static PbxTrunk ForCalls(TrunkConfiguration trunk, SipProfile profile) => new(
        trunk.Name,
        new PbxMediaProfile
        {
            Codecs = trunk.Codecs ?? profile.Codecs,
            Security = trunk.Srtp ?? profile.Srtp,
            Ringback = profile.Ringback,
            PacketTimeMs = profile.Ptime,
            TelephoneEvents = profile.Dtmf is DtmfMethod.Rfc4733 or DtmfMethod.Both,
            DetectKeyTones = profile.DtmfDetectInband || profile.Dtmf == DtmfMethod.Inband,
            Playout = trunk.Playout ?? profile.Playout,
            NatLatching = profile.NatLatching,
            LatchAfter = trunk.LatchAfter,
            HoldMusicAfter = trunk.HoldMusicAfter,
            Sources = [.. Servers(trunk), .. trunk.AllowedSources.Select(text => IPNetwork.Parse(text))],
            RtcpMux = profile.RtcpMux,
            IPv6 = trunk.MediaOverIPv6 ?? IsIPv6(trunk.MediaAddress ?? trunk.Server),
            Address = trunk.MediaAddress,
            OnHold = profile.OnHold == HoldTreatment.Silence ? AudioTreatment.Silence : AudioTreatment.HoldMusic,
        },
        trunk.DelayedOffer ?? profile.Offer == OfferMode.Delayed,
        EarlyRingback: profile.Progress == ProgressSignal.SessionProgress,
        profile.Dtmf switch
        {
            DtmfMethod.Info => DtmfFallback.Info,
            DtmfMethod.Inband => DtmfFallback.Inband,
            _ => profile.DtmfFallback,
        })
    {
        IsPstn = trunk.Pstn,
        TellsOfWaitingCalls = profile.CallWaitingMessage,
        Hosts = [.. trunk.BackupServers.Prepend(trunk.Server).Append(trunk.Domain ?? trunk.Server).Select(SipAddresses.SplitHostPort)
            .Select(at => new HostPort(at.Host, at.Port ?? 0))],
    };

    /// <summary>The servers that are configured as addresses.</summary>
    private static IEnumerable<IPNetwork> Servers(TrunkConfiguration trunk)
    {
        foreach (var server in trunk.BackupServers.Prepend(trunk.Server))
            if (IPAddress.TryParse(SipAddresses.SplitHostPort(server).Host, out var address))
                yield return new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    private static bool IsIPv6(string server) =>
        IPAddress.TryParse(SipAddresses.SplitHostPort(server).Host, out var address)
            && address.AddressFamily == AddressFamily.InterNetworkV6;

    private static SipListenerOptions Listener(string text, string? advertisedHost)
    {
        if (!SipAddresses.TryParseListener(text, out var listener))
            throw new ArgumentException($"'{text}' is not a listener.", nameof(text)); // the options were checked before
        return listener.AdvertisedHost is null ? listener with { AdvertisedHost = advertisedHost } : listener;
    }

    private static TrunkOptions ForSip(TrunkConfiguration trunk, SipProfile profile)
    {
        var (host, port) = SipAddresses.SplitHostPort(trunk.Server);
        var options = new TrunkOptions
        {
            Name = trunk.Name,
            Server = host,
            Port = port,
            Transport = trunk.Listen is { } own
                && SipAddresses.TryParseEndPoint(own, out var ownTransport, out _) ? ownTransport : trunk.Transport,
            BackupServers = trunk.BackupServers,
            Listener = trunk.Listen is { } listen && SipAddresses.TryParseEndPoint(listen, out _, out var listener) ? listener : null,
            Nat = trunk.Nat,
            MaxCallRate = trunk.MaxCallRate,
            MaxRequestRate = trunk.MaxRequestRate,
            CertificatePath = trunk.CertificatePath,
            KeyPath = trunk.KeyPath,
            Domain = trunk.Domain,
            Profile = profile,
            AllowedSources = [.. trunk.AllowedSources.Select(text => IPNetwork.Parse(text))],
            Credentials = Credentials(trunk.User, trunk.Password),
            InboundCredentials = Credentials(trunk.InboundUser, trunk.InboundPassword),
            RegisterUser = trunk.Register,
            MaxRedirects = trunk.MaxRedirects,
        };
        return options with { RequestTimeout = trunk.RequestTimeout ?? options.RequestTimeout };
    }

    private static SipCredentials? Credentials(string? user, Secret? password) =>
        user is not null && password is not null ? new SipCredentials(user, password.Reveal()) : null;
}
