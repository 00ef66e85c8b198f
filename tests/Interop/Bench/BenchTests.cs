namespace Interop.Bench;

/// <summary>Each test starts without calls, whatever the one before has left.</summary>
public abstract class BenchTests(CallBench bench) : IAsyncLifetime
{
    public Task InitializeAsync() => bench.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;
}
