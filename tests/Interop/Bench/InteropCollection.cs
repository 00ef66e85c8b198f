using Testing;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Interop.Bench;

/// <summary>All suites share one PostgreSQL and one Redis, and run one after the other: two cores carry one bench well.</summary>
[CollectionDefinition(Name)]
public sealed class InteropCollection : ICollectionFixture<Stores>
{
    public const string Name = "interop";
}
