using Media.Protocols.Primitives;

namespace Testing;

/// <summary>Repeatable entropy: the same seed gives the same bytes in every run.</summary>
public sealed class SeededEntropy(int seed) : IEntropy
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> destination) => _random.NextBytes(destination);
}
