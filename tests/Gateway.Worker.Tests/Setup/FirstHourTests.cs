using System.Diagnostics;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox;
using Sandbox.Calls;
using Testing;
using Testing.Peers;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Setup;

/// <summary>
/// The commands of "First hour" in deploy/README.md, as they stand there, from nothing to a call that an agent answers: with an emulated
/// number that nothing has been set up for, a PBX, and empty stores.
/// </summary>
public sealed class FirstHourTests(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>The program under its name in the package; what this machine has otherwise than the reader's is added to `init`.</summary>
    private const string Prelude =
        """
        set -eo pipefail
        whatsapp-gateway() {
          case $1 in
            init) dotnet "$GATEWAY" "$@" $OTHERWISE ;;
            run) exec setsid dotnet "$GATEWAY" "$@" >run.log 2>&1 ;;
            *) dotnet "$GATEWAY" "$@" ;;
          esac
        }
        trap 'status=$?; echo "$!" >pid; exit $status' EXIT
        """;

    private readonly Stores _stores = Stores.StartPrivate();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-first-").FullName;
    private readonly int _sip = LoopbackPorts.Take(), _http = LoopbackPorts.Take(), _operations = LoopbackPorts.Take();
    private WhatsAppSide _whatsApp = null!;
    private Pbx _pbx = null!;

    public async Task InitializeAsync()
    {
        _whatsApp = await WhatsAppSide.StartAsync(new SandboxOptions
        {
            DefaultHandset = "paper", Numbers = [new NumberOptions { CallingStatus = "DISABLED", NeedsSubscriptions = true }],
        });
        _pbx = await Pbx.StartAsync(_sip);
        await File.WriteAllTextAsync(Path.Combine(_folder, "token"), _whatsApp.Number.AccessToken + "\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "app-secret"), _whatsApp.Number.AppSecret + "\n");
    }

    [Fact]
    public async Task The_commands_of_the_manual_lead_from_nothing_to_a_call()
    {
        var steps = Steps();
        var watch = Stopwatch.StartNew();
        var (code, text) = await RunAsync(steps);
        Assert.True(code == 0, text + Log());
        Assert.DoesNotContain("WRONG", text, StringComparison.Ordinal);

        var call = await _whatsApp.PlaceAsync();
        var agent = await _pbx.NextAsync();
        Assert.Equal("6000", agent.Sip.Info.TargetUser);
        await agent.AnswerAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await agent.HangUpAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
        output.WriteLine($"{steps.Length} commands, {watch.Elapsed.TotalSeconds:0} s to the end of the first call\n{text}");
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(5), text);
    }

    /// <summary>The second block of commands under the heading; the first one is the machine's (tests/Deploy/first-hour).</summary>
    private static string[] Steps()
    {
        var section = File.ReadAllText(Repository.File("deploy/README.md")).Split("\n## First hour\n")[1].Split("\n## ")[0];
        return section.Split("```sh\n")[2].Split("```")[0].Replace("\\\n", "", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task<(int Code, string Text)> RunAsync(IEnumerable<string> steps)
    {
        var media = LoopbackPorts.Take(40);
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1\n{Prelude}\n{string.Join('\n', steps)}"])
        {
            WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["GATEWAY"] = Path.Combine(AppContext.BaseDirectory, "Gateway.Worker.dll"),
            ["OTHERWISE"] = $"--sip-port {_sip} --media-port {media} --pbx-ports {media + 4}-{media + 39} --graph {_whatsApp.Url} "
                + $"--http http://127.0.0.1:{_http} --operations http://127.0.0.1:{_operations}",
            ["NUMBER_ID"] = _whatsApp.Number.PhoneNumberId,
            ["NUMBER"] = _whatsApp.Number.DisplayNumber,
            ["PBX"] = $"127.0.0.1:{_pbx.Port}",
            ["PUBLIC_ADDRESS"] = "127.0.0.1",
            ["POSTGRES"] = _stores.Postgres,
            ["REDIS"] = _stores.Redis,
            ["APP_ID"] = _whatsApp.Number.AppId,
            ["ACCOUNT_ID"] = _whatsApp.Number.AccountId,
            ["URL"] = $"http://127.0.0.1:{_http}",
        })
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, text);
    }

    private string Log() => File.Exists(Path.Combine(_folder, "run.log")) ? File.ReadAllText(Path.Combine(_folder, "run.log")) : "";

    public async Task DisposeAsync()
    {
        var noted = Path.Combine(_folder, "pid");
        if (File.Exists(noted) && int.TryParse(await File.ReadAllTextAsync(noted), out var pid))
        {
            try
            {
                using var gateway = Process.GetProcessById(pid);
                gateway.Kill(entireProcessTree: true);
                await gateway.WaitForExitAsync();
            }
            catch (ArgumentException)
            {
                // it has ended
            }
        }
        await _pbx.DisposeAsync();
        await _whatsApp.DisposeAsync();
        _stores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
