using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Agents;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests.Agents;

/// <summary>Any sequence of operations on the registry in Redis and on the model of it: the same results, changes and invariants.</summary>
[Collection(StoresCollection.Name)]
public sealed class AnyOrderOfOperations(Stores stores) : IDisposable
{
    private readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect(stores.Redis);

    public void Dispose() => _redis.Dispose();

    [Fact]
    public void Redis_and_the_model_agree()
    {
        var step = Gen.Choose(0, 99).SelectMany(_ => Gen.Choose(0, int.MaxValue - 1), (kind, seed) => new AgentStep(kind, seed));
        Prop.ForAll(step.ListOf().ToArbitrary(), steps => RunAsync([.. steps]).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(250).WithStartSize(30).WithEndSize(120));
    }

    private async Task RunAsync(IReadOnlyList<AgentStep> steps)
    {
        await AgentKeys.DeleteAsync(_redis);
        await using var twins = await AgentTwins.StartAsync(_redis);
        foreach (var step in steps)
            await twins.RunAsync(step);
        await twins.EndAsync();
    }
}
