using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Worker.Configuration;
using Media.Engine.Codecs;
using Media.Native.Checks;

namespace Gateway.Worker.Checks;

/// <summary>What this host gives the gateway: libraries, ports, descriptors, disk, time zones, certificates.</summary>
internal static class HostChecks
{
    private const long Gibibyte = 1L << 30;

    /// <summary>One that is never missing, one of the Amazon, and one that tzdata-legacy has.</summary>
    private static readonly string[] Zones = ["Europe/Berlin", "America/Manaus", "Asia/Calcutta"];

    private static readonly TimeSpan Renewal = TimeSpan.FromDays(14);

    public static IReadOnlyList<CheckLine> Find(GatewayOptions options, TimeProvider time) =>
    [
        .. StartChecks.Check(options, time).Select(fault => CheckLine.Wrong("start", fault, "without it the gateway does not start")),
        .. Libraries(options, time),
        Descriptors(options),
        .. MediaPorts(options),
        TimeZones(),
        Disk(options.SpoolFolder()),
        .. Certificates(options, time.GetUtcNow()),
    ];

    private static IEnumerable<CheckLine> Libraries(GatewayOptions options, TimeProvider time)
    {
        var opus = OpusCodecs.Choose(options.Media.Opus.Implementation);
        yield return opus.Notice is { } notice
            ? CheckLine.Warning("Opus", notice, "install libopus0") : CheckLine.Ok("Opus", opus.Version);
        if (NativeLibraries.CheckOpenSsl(time) is { IsOk: true } openSsl) // what is wrong is a fault of the start
            yield return CheckLine.Ok("OpenSSL", openSsl.Version);
    }

    private static CheckLine Descriptors(GatewayOptions options)
    {
        var budget = DescriptorBudget.Of(options, DescriptorBudget.ReadLimit());
        return budget.IsEnough
            ? CheckLine.Ok("open files", $"{budget.Limit} for the {budget.Need} that node.maxCalls may need")
            : CheckLine.Warning(
                "open files", $"the limit of {budget.Limit} holds the node to {budget.Calls} calls",
                $"LimitNOFILE={budget.Need}, ulimit -n");
    }

    private static IEnumerable<CheckLine> MediaPorts(GatewayOptions options)
    {
        var (first, last) = (options.Media.Pbx.PortMin, options.Media.Pbx.PortMax);
        var pairs = (last - first + 1) / 2;
        yield return pairs >= options.Node.MaxCalls
            ? CheckLine.Ok("media ports", $"{first} to {last} towards PBXs: {pairs} calls")
            : CheckLine.Warning(
                "media ports", $"{first} to {last} are enough for {pairs} calls, and node.maxCalls is {options.Node.MaxCalls}",
                "widen media.pbx.portMin and portMax; a call takes two, and a pair rests before it is used again");
        if (SystemPorts() is var (from, to) && from <= last && to >= first)
            yield return CheckLine.Warning(
                "media ports", $"other programs may be given them: the system's own are {from} to {to}",
                $"net.ipv4.ip_local_reserved_ports = {first}-{last}");
    }

    /// <summary>net.ipv4.ip_local_port_range; null where the system does not say, or has them reserved.</summary>
    private static (int From, int To)? SystemPorts()
    {
        try
        {
            if (File.ReadAllText("/proc/sys/net/ipv4/ip_local_reserved_ports").Trim().Length > 0)
                return null;
            var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range")
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return (int.Parse(range[0], CultureInfo.InvariantCulture), int.Parse(range[1], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Call hours name zones as IANA does.</summary>
    private static CheckLine TimeZones()
    {
        string[] missing = [.. Zones.Where(zone => !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))];
        return missing.Length == 0
            ? CheckLine.Ok("time zones", "they are there")
            : CheckLine.Warning(
                "time zones", $"{string.Join(", ", missing)} unknown: call hours cannot be applied", "install tzdata and tzdata-legacy");
    }

    private static CheckLine Disk(string spool)
    {
        var folder = spool;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        try
        {
            var free = new DriveInfo(folder).AvailableFreeSpace;
            var text = $"{free / (double)Gibibyte:0.0} GB free for the spool ({spool})";
            return free >= Gibibyte ? CheckLine.Ok("disk", text)
                : free >= Gibibyte / 10
                    ? CheckLine.Warning("disk", text, "finished records wait here while PostgreSQL is away: have 1 GB free")
                : CheckLine.Wrong("disk", text, "free some: where no record can be written, no call is taken");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return CheckLine.Warning("disk", e.Message, "check storage.spool");
        }
    }

    private static IEnumerable<CheckLine> Certificates(GatewayOptions options, DateTimeOffset now)
    {
        (string Name, string? Path)[] own =
        [
            ("sip.tls", options.Sip.Tls?.CertificatePath),
            .. options.Sip.Trunks.Select(trunk => ($"trunk '{trunk.Name}'", trunk.CertificatePath)),
        ];
        foreach (var (name, path) in own)
            if (path is not null && End(path) is { } end)
                yield return end < now
                    ? CheckLine.Wrong(
                        $"certificate of {name}", $"{path} ran out on {end:u}", "renew it; the running gateway takes it by itself")
                    : end < now + Renewal
                        ? CheckLine.Warning($"certificate of {name}", $"{path} runs out on {end:u}", "renew it")
                        : CheckLine.Ok($"certificate of {name}", $"good until {end:u}");
    }

    /// <summary>Null: it cannot be read, which is a fault of the start.</summary>
    private static DateTimeOffset? End(string path)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            return new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
