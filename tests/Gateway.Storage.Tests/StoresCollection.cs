using Testing;

namespace Gateway.Storage.Tests;

[CollectionDefinition(Name)]
public sealed class StoresCollection : ICollectionFixture<Stores>
{
    public const string Name = "real PostgreSQL and Redis";
}
