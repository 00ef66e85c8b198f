using Testing;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Interop.Bench;

/// <summary>
/// All classes share one PostgreSQL and one Redis, and run one after another; `./test` runs two halves of them side by side.
/// </summary>
[CollectionDefinition(Name)]
public sealed class InteropCollection : ICollectionFixture<Stores>
{
    public const string Name = "interop";
}
