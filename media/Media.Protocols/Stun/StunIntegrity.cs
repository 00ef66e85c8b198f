using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Media.Protocols.Stun;

/// <summary>The HMAC-SHA1 of MESSAGE-INTEGRITY (RFC 5389 §15.4), without allocating.</summary>
internal static class StunIntegrity
{
    public const int Length = 20;

    [SuppressMessage("Security", "CA5350", Justification = "RFC 5389 §15.4 prescribes HMAC-SHA1, which stands unbroken as a MAC.")]
    public static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> covered, Span<byte> mac) =>
        HMACSHA1.HashData(key, covered, mac);
}
