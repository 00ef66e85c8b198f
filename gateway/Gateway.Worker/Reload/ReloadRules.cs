using Gateway.Worker.Configuration;

namespace Gateway.Worker.Reload;

/// <summary>The rules of what a running node takes from a new configuration. Pure.</summary>
internal static class ReloadRules
{
    /// <summary>
    /// The new configuration as far as it can be put in force now; of everything else, sockets, stores and media among it, what was.
    /// </summary>
    public static GatewayOptions Applicable(GatewayOptions before, GatewayOptions wanted) => before with
    {
        Node = before.Node with
        {
            MaxCalls = wanted.Node.MaxCalls, DrainDeadline = wanted.Node.DrainDeadline, MoveOnDrain = wanted.Node.MoveOnDrain,
        },
        WhatsApp = before.WhatsApp with
        {
            AppSecrets = wanted.WhatsApp.AppSecrets,
            VerifyToken = wanted.WhatsApp.VerifyToken,
            StaleOffer = wanted.WhatsApp.StaleOffer,
            SettingsInterval = wanted.WhatsApp.SettingsInterval,
        },
        Sip = before.Sip with { Tls = wanted.Sip.Tls, Profiles = wanted.Sip.Profiles, Trunks = wanted.Sip.Trunks },
        Channels = wanted.Channels,
        Storage = before.Storage with { KeepCalls = wanted.Storage.KeepCalls, SpoolLimit = wanted.Storage.SpoolLimit },
        Calls = wanted.Calls,
        Permissions = wanted.Permissions,
        Trace = wanted.Trace,
        Hep = wanted.Hep,
        Log = wanted.Log,
    };

    /// <summary>The keys of a wanted configuration that wait for a restart.</summary>
    public static IReadOnlyList<string> NeedingRestart(GatewayOptions applicable, GatewayOptions wanted) =>
        ConfigurationDiff.Between(applicable, wanted);

    /// <summary>
    /// The faults of what would be in force: a trunk may be right in the file, and name a listener that only a restart opens.
    /// </summary>
    public static IEnumerable<string> Check(GatewayOptions applicable) =>
        GatewayOptionsRules.Check(applicable).Select(fault => fault + " (with what a restart alone can change as it is now)");
}
