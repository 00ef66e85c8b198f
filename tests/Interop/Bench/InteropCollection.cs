using Testing;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Interop.Bench;

/// <summary>All suites share one PostgreSQL and one Redis, and run one after another: two cores suffice for one bench.</summary>
[CollectionDefinition(Name)]
public sealed class InteropCollection : ICollectionFixture<Stores>
{
    public const string Name = "interop";
}
