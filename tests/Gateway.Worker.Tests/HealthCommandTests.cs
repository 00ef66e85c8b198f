using Gateway.Worker.Tests.Calls.Bench;

namespace Gateway.Worker.Tests;

/// <summary>The health check of a container: the program asks itself.</summary>
public sealed class HealthCommandTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    [Fact]
    public async Task The_exit_code_says_whether_the_gateway_of_a_configuration_answers()
    {
        Assert.Equal(1, (await bench.RunAsync("health")).Code);
        await bench.StartAsync();
        Assert.Equal(0, (await bench.RunAsync("health")).Code);
        await bench.KillAsync();
    }
}
