using System.Buffers.Binary;

namespace Media.Protocols.Primitives;

/// <summary>The source of unpredictable bytes for pure code: the operating system in production, a seed in tests.</summary>
public interface IEntropy
{
    /// <summary>Fills all of <paramref name="destination"/>.</summary>
    void Fill(Span<byte> destination);
}

/// <summary>Entropy in the forms that protocols need.</summary>
public static class EntropyExtensions
{
    private const string TokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    public static uint NextUInt32(this IEntropy entropy)
    {
        Span<byte> bytes = stackalloc byte[4];
        entropy.Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public static ulong NextUInt64(this IEntropy entropy)
    {
        Span<byte> bytes = stackalloc byte[8];
        entropy.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>
    /// <paramref name="length"/> characters of ICE's alphabet (RFC 8839 §5.4 ice-char), 6 bits of entropy each; at most 256.
    /// </summary>
    public static string NextIceChars(this IEntropy entropy, int length) => entropy.NextChars(length, TokenAlphabet);

    /// <summary><paramref name="length"/> lower-case hexadecimal digits, 4 bits of entropy each; at most 256.</summary>
    public static string NextHex(this IEntropy entropy, int length) => entropy.NextChars(length, "0123456789abcdef");

    private static string NextChars(this IEntropy entropy, int length, string alphabet)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 256);
        Span<byte> bytes = stackalloc byte[length];
        Span<char> chars = stackalloc char[length];
        entropy.Fill(bytes);
        for (var i = 0; i < length; i++)
            chars[i] = alphabet[bytes[i] % alphabet.Length]; // both alphabets divide 256: no bias
        return new string(chars);
    }
}
