using Gateway.Worker.Tests.Calls.Bench;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A host whose libopus cannot be loaded.</summary>
[Trait("Category", "Distribution")]
public sealed class NoLibopusTests : IClassFixture<WorkerBench>, IDisposable
{
    private readonly WorkerBench _bench;
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-no-libopus-").FullName;

    public NoLibopusTests(WorkerBench bench)
    {
        _bench = bench;
        File.WriteAllText(Path.Combine(_folder, "libopus.so.0"), "no library"); // found first, and the loader gives up
        bench.Environment["LD_LIBRARY_PATH"] = _folder;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_gateway_starts_says_what_stands_in_and_takes_calls()
    {
        _bench.Opus = "Auto";
        await _bench.StartAsync();
        Assert.Contains("libopus.so.0 cannot be loaded; install the package libopus0. Until then Concentus 2.2.2 stands in", _bench.Log());
        var (_, agent) = await _bench.LiveAsync();
        await agent.HangUpAsync();
        await _bench.KillAsync();
    }

    [Fact]
    public async Task A_configuration_that_wants_libopus_is_refused_with_what_to_install()
    {
        _bench.Opus = "Native";
        var (code, output) = await _bench.RunAsync("check");
        Assert.Equal(2, code);
        Assert.Contains("libopus.so.0 cannot be loaded; install the package libopus0.", output);
    }
}
