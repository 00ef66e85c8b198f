using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Media.Native.Dtls;

/// <summary>
/// The hashes of certificates that are trusted, by their size in bytes (RFC 8122 §5; SHA-1 and MD5 prove nothing any more).
/// </summary>
public enum DtlsHash
{
    None = 0,
    Sha256 = 32,
    Sha384 = 48,
    Sha512 = 64,
}

/// <summary>The hash of a certificate, as <c>a=fingerprint</c> carries it (RFC 8122 §5). The default value is no certificate's.</summary>
public readonly record struct DtlsFingerprint
{
    /// <summary>Bytes of the longest.</summary>
    public const int MaxSize = 64;

    private readonly Bits128 _first, _second, _third, _fourth;

    private DtlsFingerprint(ReadOnlySpan<byte> hash)
    {
        Hash = (DtlsHash)hash.Length;
        Span<byte> all = stackalloc byte[MaxSize];
        all.Clear();
        hash.CopyTo(all);
        _first = Bits128.Read(all);
        _second = Bits128.Read(all[16..]);
        _third = Bits128.Read(all[32..]);
        _fourth = Bits128.Read(all[48..]);
    }

    public DtlsHash Hash { get; }

    /// <summary>Hashes a certificate's DER form with SHA-256, which is what we announce.</summary>
    public static DtlsFingerprint Of(ReadOnlySpan<byte> certificate)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(certificate, hash);
        return new DtlsFingerprint(hash);
    }

    /// <summary>
    /// Reads <c>AB:CD:…</c>: 32, 48 or 64 pairs of hexadecimal digits in either case, whose number determines the hash; anything else is
    /// false.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DtlsFingerprint fingerprint)
    {
        fingerprint = default;
        var size = (text.Length + 1) / 3;
        if (text.Length != size * 3 - 1 || (DtlsHash)size is not (DtlsHash.Sha256 or DtlsHash.Sha384 or DtlsHash.Sha512))
            return false;
        Span<byte> hash = stackalloc byte[MaxSize];
        for (var i = 0; i < size; i++)
        {
            if (i > 0 && text[i * 3 - 1] != ':')
                return false;
            if (!byte.TryParse(text.Slice(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash[i]))
                return false;
        }
        fingerprint = new DtlsFingerprint(hash[..size]);
        return true;
    }

    /// <summary>Compares in constant time.</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> hash)
    {
        Span<byte> own = stackalloc byte[MaxSize];
        return Hash != DtlsHash.None && CryptographicOperations.FixedTimeEquals(WriteBytes(own), hash);
    }

    /// <summary>Upper-case pairs with colons, as in SDP.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[MaxSize];
        return string.Join(':', Convert.ToHexString(WriteBytes(bytes)).Chunk(2).Select(pair => new string(pair)));
    }

    private ReadOnlySpan<byte> WriteBytes(Span<byte> hash)
    {
        _first.Write(hash);
        _second.Write(hash[16..]);
        _third.Write(hash[32..]);
        _fourth.Write(hash[48..]);
        return hash[..(int)Hash];
    }
}

/// <summary>The certificates that a peer may show; unused slots match no certificate.</summary>
[InlineArray(MaxCount)]
internal struct DtlsFingerprints
{
    internal const int MaxCount = 4;

    private DtlsFingerprint _first;
}
