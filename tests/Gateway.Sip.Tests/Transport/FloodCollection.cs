namespace Gateway.Sip.Tests.Transport;

/// <summary>Tests that flood, and count what the whole process drops: no other runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FloodCollection
{
    public const string Name = "floods";
}
