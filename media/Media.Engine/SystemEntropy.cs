using System.Security.Cryptography;
using Media.Protocols.Primitives;

namespace Media.Engine;

/// <summary>The operating system's random numbers.</summary>
public sealed class SystemEntropy : IEntropy
{
    public static readonly SystemEntropy Instance = new();

    private SystemEntropy()
    {
    }

    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
