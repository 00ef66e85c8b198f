using Gateway.Calls.Agents;
using Interop.Bench;
using Interop.Browser;
using Testing.Peers;

namespace Interop;

/// <summary>An agent's browser that reaches the gateway by coturn alone, with the credentials of its ticket.</summary>
[Collection(InteropCollection.Name)]
[Trait("Category", "Nightly")]
public sealed class RelayedPhoneCalls(BrowserBench bench) : BenchTests(bench), IClassFixture<BrowserBench>
{
    private const int RelayPorts = 20;

    [Fact]
    public async Task A_call_is_relayed()
    {
        var (port, relay) = (LoopbackPorts.Take(), LoopbackPorts.Take(RelayPorts));
        var (secret, folder) = (Path.GetTempFileName(), Directory.CreateTempSubdirectory("gateway-coturn-"));
        await File.WriteAllTextAsync(secret, "open-sesame");
        try
        {
            await using var coturn = new ChildProgram("coturn", folder.FullName,
            [
                "turnserver", "-n", "--listening-ip=127.0.0.1", $"--listening-port={port}", "--relay-ip=127.0.0.1", $"--min-port={relay}",
                $"--max-port={relay + RelayPorts - 1}", "--use-auth-secret", "--static-auth-secret=open-sesame", "--realm=phones.example",
                "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", $"--pidfile={folder.FullName}/pid",
                $"--userdb={folder.FullName}/db",
            ], new Dictionary<string, string>());
            await using var admin = await bench.StartAdminAsync(
                $"--AdminApi:Phone:Turn:Urls=turn:127.0.0.1:{port}?transport=udp", $"--AdminApi:Phone:Turn:SecretFile={secret}");
            await using var anna = await bench.EnterAsync(admin);
            await bench.SetAsync(BrowserBench.Anna, AgentPresence.Available);
            var call = await bench.CallAsync("Ada");
            await anna.PressAsync("Accept");
            await BrowserBench.HearEachOtherAsync(anna, call);
            Assert.Equal("relay", await anna.WayAsync());
            await anna.PressAsync("End");
            await bench.EndsWithAsync(call, "pbx_hung_up");
        }
        finally
        {
            File.Delete(secret);
            folder.Delete(recursive: true);
        }
    }
}
