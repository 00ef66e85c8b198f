using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Media.Native.Dtls;

/// <summary>The SHA-256 hash of a certificate, as <c>a=fingerprint:sha-256</c> carries it (RFC 8122 §5).</summary>
public readonly record struct DtlsFingerprint(UInt128 High, UInt128 Low)
{
    public const int Size = 32;

    /// <summary>Hashes a certificate's DER form.</summary>
    public static DtlsFingerprint Of(ReadOnlySpan<byte> certificate)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(certificate, hash);
        return FromBytes(hash);
    }

    /// <summary>Reads <c>AB:CD:…</c>, 32 pairs of hexadecimal digits in either case; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DtlsFingerprint fingerprint)
    {
        fingerprint = default;
        if (text.Length != Size * 3 - 1)
            return false;
        Span<byte> hash = stackalloc byte[Size];
        for (var i = 0; i < Size; i++)
        {
            if (i > 0 && text[i * 3 - 1] != ':')
                return false;
            if (!byte.TryParse(text.Slice(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash[i]))
                return false;
        }
        fingerprint = FromBytes(hash);
        return true;
    }

    /// <summary>Compares without telling by its duration where the difference is.</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> hash)
    {
        Span<byte> own = stackalloc byte[Size];
        WriteBytes(own);
        return CryptographicOperations.FixedTimeEquals(own, hash);
    }

    /// <summary>Upper-case pairs with colons, as SDP wants them.</summary>
    public override string ToString()
    {
        Span<byte> hash = stackalloc byte[Size];
        WriteBytes(hash);
        Span<char> text = stackalloc char[Size * 3];
        for (var i = 0; i < Size; i++)
        {
            hash[i].TryFormat(text[(i * 3)..], out _, "X2", CultureInfo.InvariantCulture);
            text[i * 3 + 2] = ':';
        }
        return new string(text[..^1]);
    }

    internal static DtlsFingerprint FromBytes(ReadOnlySpan<byte> hash) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));

    private void WriteBytes(Span<byte> hash)
    {
        BinaryPrimitives.WriteUInt128BigEndian(hash, High);
        BinaryPrimitives.WriteUInt128BigEndian(hash[16..], Low);
    }
}
