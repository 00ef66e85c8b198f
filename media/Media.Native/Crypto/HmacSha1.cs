namespace Media.Native.Crypto;

/// <summary>
/// HMAC-SHA1 (RFC 2104) under one key: SRTP's packet authentication (RFC 3711 §4.2.1). The two padded key blocks are hashed once and
/// their chaining values kept, so that a packet costs its own blocks plus two. One thread at a time; no call allocates.
/// </summary>
public sealed unsafe class HmacSha1
{
    public const int MacSize = 20;
    private const int BlockSize = 64;

    private readonly Sha1Context _inner;
    private readonly Sha1Context _outer;

    /// <param name="key">Any length up to 64 bytes (SRTP: 20); hashed into the state, not kept.</param>
    /// <exception cref="ArgumentException">A longer key, which SRTP does not have.</exception>
    public HmacSha1(ReadOnlySpan<byte> key)
    {
        if (key.Length > BlockSize)
            throw new ArgumentException("At most 64 bytes.", nameof(key));
        _inner = HashPaddedKey(key, 0x36);
        _outer = HashPaddedKey(key, 0x5c);
    }

    /// <summary>Writes the 20-byte MAC over <paramref name="data"/> and then <paramref name="suffix"/> (SRTP's rollover counter).</summary>
    /// <exception cref="ArgumentException"><paramref name="mac"/> has no 20 bytes.</exception>
    public void Compute(ReadOnlySpan<byte> data, ReadOnlySpan<byte> suffix, Span<byte> mac)
    {
        if (mac.Length < MacSize)
            throw new ArgumentException("A MAC has 20 bytes.", nameof(mac));
        var context = _inner;
        fixed (byte* m = mac)
        {
            fixed (byte* bytes = data)
                _ = LibCrypto.UpdateSha1(&context, bytes, (nuint)data.Length);
            if (!suffix.IsEmpty)
                fixed (byte* bytes = suffix)
                    _ = LibCrypto.UpdateSha1(&context, bytes, (nuint)suffix.Length);
            _ = LibCrypto.FinishSha1(m, &context);
            context = _outer;
            _ = LibCrypto.UpdateSha1(&context, m, MacSize);
            _ = LibCrypto.FinishSha1(m, &context);
        }
    }

    private static Sha1Context HashPaddedKey(ReadOnlySpan<byte> key, byte pad)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Fill(pad);
        for (var i = 0; i < key.Length; i++)
            block[i] ^= key[i];
        Sha1Context context;
        fixed (byte* bytes = block)
        {
            _ = LibCrypto.InitSha1(&context);
            _ = LibCrypto.UpdateSha1(&context, bytes, BlockSize);
        }
        block.Clear();
        return context;
    }
}
