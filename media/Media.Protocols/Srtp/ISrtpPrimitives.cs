namespace Media.Protocols.Srtp;

/// <summary>
/// The source of SRTP's keyed cryptography: OpenSSL in the engine, the framework's in tests. Keyed objects belong to one
/// <see cref="SrtpSession"/>, which disposes them; they are used by one thread at a time and allocate nothing per packet.
/// </summary>
public interface ISrtpPrimitives
{
    /// <param name="key">16 bytes.</param>
    IAesCtr CreateAesCtr(ReadOnlySpan<byte> key);

    /// <param name="key">20 bytes.</param>
    IHmacSha1 CreateHmacSha1(ReadOnlySpan<byte> key);

    /// <param name="key">16 bytes.</param>
    IAesGcm CreateAesGcm(ReadOnlySpan<byte> key);
}

/// <summary>AES-128 in counter mode under one key.</summary>
public interface IAesCtr : IDisposable
{
    /// <summary>
    /// Adds the keystream that begins at counter block <paramref name="iv"/> (16 bytes) to <paramref name="data"/>, in place.
    /// </summary>
    void Transform(ReadOnlySpan<byte> iv, Span<byte> data);
}

/// <summary>HMAC-SHA1 under one key.</summary>
public interface IHmacSha1 : IDisposable
{
    /// <summary>The 20-byte MAC of <paramref name="first"/> followed by <paramref name="second"/>, which may be empty.</summary>
    void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> mac);
}

/// <summary>AES-128-GCM under one key: 12-byte nonces, 16-byte tags.</summary>
public interface IAesGcm : IDisposable
{
    /// <summary>Encrypts <paramref name="data"/> in place and writes its tag.</summary>
    void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag);

    /// <summary>Decrypts <paramref name="data"/> in place; when the tag does not match: false, and the data is worthless.</summary>
    bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag);
}
