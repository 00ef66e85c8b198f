namespace Media.Native.Crypto;

/// <summary>
/// AES-128 in counter mode (NIST SP 800-38A §6.5) under one key: the keystream generator of SRTP's AES_CM (RFC 3711 §4.1.1).
/// The key schedule is made once; a packet only sets its counter block. One thread at a time; no call allocates managed memory.
/// </summary>
public sealed unsafe class AesCtr : IDisposable
{
    public const int KeySize = 16;
    public const int CounterSize = 16;

    private readonly CipherContextHandle _context;

    /// <param name="key">16 bytes; copied.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    /// <exception cref="NativeException">OpenSSL refuses.</exception>
    public AesCtr(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
            throw new ArgumentException("AES-128 takes 16 bytes.", nameof(key));
        _context = LibCrypto.NewCipherContext();
        fixed (byte* k = key)
            if (LibCrypto.InitCipher(_context, LibCrypto.Aes128Ctr(), 0, k, null, 1) != 1)
                throw new NativeException($"OpenSSL cannot set up AES-128-CTR: {OpenSslErrors.Drain()}.");
    }

    /// <summary>XORs the keystream that starts at <paramref name="counter"/> over <paramref name="data"/>, in place.</summary>
    /// <param name="counter">The initial counter block, 16 bytes, big-endian.</param>
    /// <param name="data">At most 2^16 blocks, RFC 3711 §4.1.1 (not checked: a datagram is shorter).</param>
    /// <returns>
    /// False when <paramref name="counter"/> is not 16 bytes or OpenSSL fails; then <paramref name="data"/> has been wiped.
    /// </returns>
    public bool TryTransform(ReadOnlySpan<byte> counter, Span<byte> data)
    {
        if (data.IsEmpty)
            return true;
        if (counter.Length == CounterSize)
            fixed (byte* iv = counter)
            fixed (byte* bytes = data)
                if (LibCrypto.InitCipher(_context, 0, 0, null, iv, 1) == 1
                    && LibCrypto.UpdateCipher(_context, bytes, out var written, bytes, data.Length) == 1
                    && written == data.Length)
                    return true;
        data.Clear(); // plaintext must not leave by mistake
        return false;
    }

    public void Dispose() => _context.Dispose();
}
