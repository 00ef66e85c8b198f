using System.Net;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Protocols.Tests.Sdp;

/// <summary>The files of tests/Vectors/sdp and our own ends to answer them with.</summary>
internal static class SdpVectors
{
    public static readonly string Folder = FindFolder();

    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "*.sdp").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public static string Read(string name) => File.ReadAllText(Path.Combine(Folder, name + ".sdp"));

    public static PbxLocalMedia Local(ushort port = 20000) =>
        new() { Rtp = TransportAddress.From(IPAddress.Parse("198.51.100.7"), port) };

    public static PbxLocalMedia LocalIPv6(ushort port = 20000) =>
        new() { Rtp = TransportAddress.From(IPAddress.Parse("2001:db8::7"), port) };

    public static WhatsAppLocalMedia WhatsAppLocal() => new()
    {
        Ice = new IceCredentials("gwUf1234", "gatewayGatewayGatewayPw1"),
        Candidates =
        [
            IceCandidate.Host(TransportAddress.From(IPAddress.Parse("198.51.100.7"), 40000), 65535, "1"),
            IceCandidate.Host(TransportAddress.From(IPAddress.Parse("2001:db8::7"), 40000), 65534, "2"),
        ],
        Fingerprint = string.Join(':', Enumerable.Range(0, 32).Select(i => $"{i * 7 % 256:X2}")),
        Ssrc = new Ssrc(0x1234_5678),
        SessionId = 42,
        Cname = "gw42",
    };

    private static string FindFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run inside the repository.");
        return Path.Combine(folder.FullName, "tests", "Vectors", "sdp");
    }
}
