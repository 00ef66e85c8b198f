using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Benchmarks;
using Load.Servers;
using Load.Streams;
using Testing;
using Testing.Peers;

namespace Load.Reloads;

/// <summary>
/// Reloads of the configuration under steady calls: each adds a trunk, renews the certificate of the TLS listener, and changes the profile
/// of the trunk that carries the calls. It fails if a reload is refused, or a call is not answered, is cut off, or is not recorded and
/// charged exactly once.
/// </summary>
internal sealed class ReloadRun(ReloadLoadOptions options)
{
    private const double WarmUpPerSecond = 10;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10), Between = TimeSpan.FromSeconds(5), Window = TimeSpan.FromSeconds(2);

    /// <summary>Of the profile `generic`, in seconds; a second more with each reload.</summary>
    private const int SessionExpires = 1800;

    /// <summary>The longest of a few million.</summary>
    private const double Longest = 0.999_999_99;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-reloads-");

    private string Certificate => Path.Combine(_folder.FullName, "sip.pem");

    private string Profile => Path.Combine(_folder.FullName, "profiles", "generic.yaml");

    public async Task<int> RunAsync(CancellationToken stop)
    {
        try
        {
            return await RunInFolderAsync(stop);
        }
        finally
        {
            _folder.Delete(recursive: true);
        }
    }

    private async Task<int> RunInFolderAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Profile)!);
        foreach (var file in Directory.GetFiles(Repository.File("sip-profiles"), "*.yaml"))
            File.Copy(file, Path.Combine(Path.GetDirectoryName(Profile)!, Path.GetFileName(file)));
        SelfSignedCertificate.Write(Certificate);
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program) { Adjust = ListenWithTls };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        var talk = TimeSpan.FromSeconds(options.TalkSeconds);
        await driver.PlaceAsync((WarmUpPerSecond, WarmUp), TimeSpan.FromSeconds(1), () => { }, stop);
        if (!await driver.SetLiveAsync(options.Live, WarmUpPerSecond, stop))
        {
            Console.WriteLine($"a call was not answered at {driver.Live} live ones:\n{server.LastWords}");
            return 1;
        }

        var counts = streams.Counts;
        var reloading = ReloadAsync(server, streams, stop);
        var setUps = await driver.PlaceUntilAsync(reloading, options.PerSecond, talk, stop);
        var refused = await reloading;
        var sent = streams.Counts - counts;
        await driver.SetLiveAsync(0, WarmUpPerSecond, stop);
        var fault = await server.FindFaultAsync(driver.Placed, driver.Answered, stop);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {options.Rounds} reloads under {options.Live} live calls and {options.PerSecond} new ones a second: {refused} not applied
            {driver.Placed} calls: {setUps.Unanswered} not answered, {server.CutOff} cut off
            answered after {setUps.P99.TotalMilliseconds:0} ms (p99)
            {sent.DeliveredShare:P3} of the audio delivered
            {fault ?? "all recorded, charged once"}
            """));
        if (refused + setUps.Unanswered + server.CutOff > 0)
            Console.WriteLine(server.LastWords);
        return refused + setUps.Unanswered + server.CutOff == 0 && fault is null ? 0 : 1;
    }

    /// <summary>Reloads that were not applied.</summary>
    private async Task<int> ReloadAsync(GatewayServer server, CallStreams streams, CancellationToken stop)
    {
        var refused = 0;
        for (var round = 1; round <= options.Rounds; round++)
        {
            streams.TakeDelays();
            await Task.Delay(Between, stop);
            var calm = streams.TakeDelays();
            SelfSignedCertificate.Write(Certificate);
            var profile = await File.ReadAllTextAsync(Profile, stop);
            await File.WriteAllTextAsync(
                Profile, profile.Replace($"value: {SessionExpires + round - 1}\n", $"value: {SessionExpires + round}\n"), stop);
            var began = Stopwatch.GetTimestamp();
            var isApplied = await server.Nodes[0].ReloadAsync(root => AddTrunk(root, round), stop);
            var took = Stopwatch.GetElapsedTime(began);
            await Task.Delay(Window, stop);
            var after = streams.TakeDelays();
            refused += isApplied ? 0 : 1;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"reload {round}: {(isApplied ? "applied" : "NOT applied")} in {took.TotalMilliseconds:0} ms; longest delay of a frame "
                + $"{after.Percentile(Longest).TotalMilliseconds:0.0} ms, in the {Between.TotalSeconds:0} s before "
                + $"{calm.Percentile(Longest).TotalMilliseconds:0.0} ms"));
        }
        return refused;
    }

    private void ListenWithTls(JsonNode root)
    {
        var sip = root["sip"]!;
        sip["listen"]!.AsArray().Add($"tls:127.0.0.1:{LoopbackPorts.Take()}");
        sip["tls"] = new JsonObject { ["certificatePath"] = Certificate, ["keyPath"] = Certificate };
        sip["profiles"] = Path.GetDirectoryName(Profile);
    }

    private static void AddTrunk(JsonNode root, int round) => root["sip"]!["trunks"]!.AsArray().Add(new JsonObject
    {
        ["name"] = $"added-{round}", ["server"] = $"127.0.0.{100 + round}:5999", ["transport"] = "Udp", ["keepAlive"] = "00:00:00",
    });
}
