using Gateway.Calls;
using Gateway.Sip.Profiles;
using Gateway.WhatsApp.Graph;

namespace Gateway.Worker.Configuration;

/// <summary>One validated configuration, and what is looked up in it for each call.</summary>
internal sealed class ConfigurationSnapshot(GatewayOptions options, DateTimeOffset appliedAt)
{
    private readonly HashSet<string> _pstn = [.. options.Sip.AllTrunks().Where(trunk => trunk.Pstn).Select(trunk => trunk.Name)];

    public GatewayOptions Options => options;

    /// <summary>When it came into force.</summary>
    public DateTimeOffset AppliedAt => appliedAt;

    /// <summary>Names the content, secrets included, without telling it: the first 12 digits of a SHA-256.</summary>
    public string Hash { get; } = ConfigurationDiff.HashOf(options with { Node = options.Node with { Id = "" } });

    /// <summary>The PBX profiles as they were read for this configuration.</summary>
    public SipProfileSet Profiles { get; } = Load(options.Sip.Profiles ?? SipProfileSet.DefaultDirectory);

    public IReadOnlyDictionary<ChannelId, ChannelOptions> Channels { get; } =
        options.Channels.ToDictionary(channel => new ChannelId(channel.PhoneNumberId));

    public IReadOnlyDictionary<string, TrunkConfiguration> Trunks { get; } =
        options.Sip.AllTrunks().ToDictionary(trunk => trunk.Name);

    /// <summary>The trunk leads to the public telephone network.</summary>
    public bool IsPstn(string trunk) => _pstn.Contains(trunk);

    /// <summary>There is such a trunk, and WhatsApp calls may take it.</summary>
    public bool CarriesCalls(string trunk) => Trunks.ContainsKey(trunk) && !IsPstn(trunk);

    /// <summary>The header of the trunk's INVITEs, the PBX's and ours, that carries the W3C trace context.</summary>
    public string TraceHeaderOf(string trunk) => Trunks.GetValueOrDefault(trunk)?.TraceHeader ?? options.Otel.Header;

    /// <summary>The part of the channel's calls without a failure whose traces are kept.</summary>
    public double TracedPartOf(ChannelId channel) => Channels.GetValueOrDefault(channel)?.TraceSampled ?? options.Trace.Sampled;

    /// <summary>Trunks that both have, with the same name of a profile and another content of it.</summary>
    public IEnumerable<string> TrunksWithOtherProfile(ConfigurationSnapshot before) => Trunks.Values
        .Where(trunk => before.Trunks.TryGetValue(trunk.Name, out var old) && old.Profile == trunk.Profile
            && ConfigurationDiff.HashOf(before.Profiles.Find(trunk.Profile)) != ConfigurationDiff.HashOf(Profiles.Find(trunk.Profile)))
        .Select(trunk => trunk.Name);

    /// <summary>Two trunks with the same are the same, profile included.</summary>
    public string FingerprintOf(TrunkConfiguration trunk) =>
        ConfigurationDiff.HashOf(trunk) + ConfigurationDiff.HashOf(Profiles.Find(trunk.Profile));

    /// <summary>The number and the token that Graph is asked with; null for a channel that this node does not have.</summary>
    public GraphNumber? GraphNumberOf(ChannelId channel) => Channels.GetValueOrDefault(channel) is { } known
        ? new GraphNumber(known.PhoneNumberId, new GraphToken(known.AccessToken.Reveal())) : null;

    private static SipProfileSet Load(string folder) => SipProfileSet.TryLoad(folder, out var profiles, out var faults)
        ? profiles : throw new InvalidOperationException(string.Join(" ", faults)); // the options were checked before
}
