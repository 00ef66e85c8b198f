using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>The gateway as an extension of the PBX, and with session timers as short as RFC 4028 allows.</summary>
public sealed class RegisteredBench(Stores stores) : CallBench(stores)
{
    public const string Extension = "gateway";

    /// <summary>Over the registration.</summary>
    public static readonly BenchChannel Registered = new("15550003000", "registered");

    /// <summary>Sessions of 90 s, refreshed after 45.</summary>
    public static readonly BenchChannel Refreshed = new("15550003001", "refreshed");

    private readonly int _registered = LoopbackPorts.Take();
    private readonly int _refreshed = LoopbackPorts.Take();

    protected override GatewaySettings Settings => new()
    {
        Channels = [Registered, Refreshed],
        Trunks =
        [
            GatewaySettings.Trunk(
                "registered", _registered, ("channel", Registered.PhoneNumberId), ("register", Extension), ("user", Extension),
                ("password", AsteriskServer.Password)),
            GatewaySettings.Trunk("refreshed", _refreshed, ("channel", Refreshed.PhoneNumberId), ("profile", "short-sessions")),
        ],
        Profiles = WriteProfiles(),
    };

    protected override AsteriskOptions PbxOptions => new()
    {
        Trunks =
        [
            new(Extension, _registered, Gateway: null),
            new("refreshed", _refreshed, $"127.0.0.1:{Gateway.UdpPort}") { Endpoint =
                ["timers=always", "timers_sess_expires=90", "timers_min_se=90"] },
        ],
    };

    /// <summary>Asterisk's name for the way to a user over the registration.</summary>
    public string To(string user) => $"PJSIP/{Extension}/sip:+{user}@127.0.0.1:{Gateway.UdpPort}";

    private string WriteProfiles()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Certificate)!, "profiles")).FullName;
        foreach (var file in Directory.GetFiles(Repository.File("sip-profiles"), "*.yaml"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(folder, "short-sessions.yaml"), """
            description: Asterisk with sessions that a test can see being refreshed.
            quirks:
              session_expires:
                value: 90
                why: The shortest there is (RFC 4028 section 4).
              session_refresh_method:
                value: update
                why: Asterisk allows UPDATE.
            """);
        return folder;
    }
}
