using Testing;

namespace Gateway.Worker.Tests.Calls.Bench;

[CollectionDefinition(Name)]
public sealed class StoresCollection : ICollectionFixture<Stores>
{
    public const string Name = "calls over real stores";
}

/// <summary>
/// Tests that no other runs beside: what a process counts is all its calls', and three nodes that race for one answer want the machine.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class UndisturbedCollection : ICollectionFixture<Stores>
{
    public const string Name = "calls that no other disturbs";
}
