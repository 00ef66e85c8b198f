using Testing;

namespace Gateway.Worker.Tests.Calls.Bench;

[CollectionDefinition(Name)]
public sealed class StoresCollection : ICollectionFixture<Stores>
{
    public const string Name = "calls over real stores";
}
