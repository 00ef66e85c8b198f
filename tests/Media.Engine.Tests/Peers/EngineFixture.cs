using Media.Engine.Loop;

namespace Media.Engine.Tests.Peers;

/// <summary>An engine on loopback with a port range of its own, so that test classes can run beside each other.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private static int _nextRange = 20000;

    public MediaEngine Engine { get; } = Create();

    public static MediaEngineOptions Options(int pairs = 200)
    {
        var first = Interlocked.Add(ref _nextRange, pairs * 2) - pairs * 2;
        return new MediaEngineOptions
        {
            Loops = 1,
            Pbx = new() { PortMin = first, PortMax = first + pairs * 2 - 1, Quarantine = TimeSpan.FromSeconds(1) },
        };
    }

    public static MediaEngine Create(int pairs = 200) => new(Options(pairs), TimeProvider.System);

    public Task InitializeAsync() => Engine.StartAsync(default);

    public async Task DisposeAsync() => await Engine.DisposeAsync();
}
