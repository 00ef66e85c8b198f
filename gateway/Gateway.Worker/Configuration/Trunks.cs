using System.Net;
using Gateway.Sip;
using Gateway.Worker.Legs;
using Media.Engine;

namespace Gateway.Worker.Configuration;

/// <summary>From a configured trunk and its PBX profile to what the SIP endpoint and the calls work with.</summary>
internal static class Trunks
{
    public static SipEndpointOptions Endpoint(GatewayOptions options) => new()
    {
        Listeners = [.. options.Sip.Listen.Select(text => Listener(text, options.Sip.AdvertisedHost))],
        Trunks = [.. options.Sip.Trunks.Select(ForSip)],
        Tls = options.Sip.Tls,
        MaxCalls = options.Node.MaxCalls,
    };

    public static IReadOnlyDictionary<string, PbxTrunk> ForCalls(GatewayOptions options) =>
        options.Sip.Trunks.ToDictionary(t => t.Name, t => new PbxTrunk(
            t.Name,
            new PbxMediaProfile
            {
                Codecs = t.Codecs ?? [PbxCodec.Pcmu, PbxCodec.Pcma, PbxCodec.G722],
                Security = t.Srtp ?? PbxSecurity.Optional,
            },
            t.DelayedOffer ?? false,
            EarlyRingback: false));

    private static SipListenerOptions Listener(string text, string? advertisedHost)
    {
        if (!SipAddresses.TryParseListener(text, out var transport, out var endPoint))
            throw new ArgumentException($"'{text}' is no listener.", nameof(text)); // the options were checked before
        return new SipListenerOptions { Transport = transport, Bind = endPoint, AdvertisedHost = advertisedHost };
    }

    private static TrunkOptions ForSip(TrunkConfiguration trunk)
    {
        var (host, port) = SipAddresses.SplitHostPort(trunk.Server);
        var options = new TrunkOptions
        {
            Name = trunk.Name,
            Server = host,
            Port = port,
            Transport = trunk.Transport,
            BackupServers = trunk.BackupServers,
            Domain = trunk.Domain,
            Profile = trunk.Profile,
            AllowedSources = [.. trunk.AllowedSources.Select(text => IPNetwork.Parse(text))],
            Credentials = Credentials(trunk.User, trunk.Password),
            InboundCredentials = Credentials(trunk.InboundUser, trunk.InboundPassword),
            Registration = trunk.Register is { } user ? new RegistrationOptions { User = user } : null,
        };
        return options with
        {
            KeepAlive = trunk.KeepAlive ?? options.KeepAlive,
            InviteTimeout = trunk.InviteTimeout ?? options.InviteTimeout,
        };
    }

    private static SipCredentials? Credentials(string? user, Secret? password) =>
        user is not null && password is not null ? new SipCredentials(user, password.Reveal()) : null;
}
