using Testing;

namespace Gateway.Worker.Tests.Calls.Bench;

[CollectionDefinition(Name)]
public sealed class StoresCollection : ICollectionFixture<Stores>
{
    public const string Name = "calls over real stores";
}

/// <summary>Tests that count what a process counts: the meters are the process's own, so no other call may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CountedCollection : ICollectionFixture<Stores>
{
    public const string Name = "calls that are counted";
}
