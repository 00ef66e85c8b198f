namespace Media.Native.Crypto;

/// <summary>
/// AES-128-GCM (NIST SP 800-38D) under one key, with 12-byte nonces and 16-byte tags: AEAD_AES_128_GCM of RFC 7714. The key schedule is
/// made once. One thread at a time; no call allocates managed memory.
/// </summary>
public sealed unsafe class AesGcm : IDisposable
{
    public const int KeySize = 16;
    public const int NonceSize = 12;
    public const int TagSize = 16;

    private readonly CipherContextHandle _context;

    /// <param name="key">16 bytes; copied.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    /// <exception cref="NativeException">OpenSSL refuses.</exception>
    public AesGcm(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
            throw new ArgumentException("AES-128 takes 16 bytes.", nameof(key));
        _context = LibCrypto.NewCipherContext();
        fixed (byte* k = key)
            if (LibCrypto.InitCipher(_context, LibCrypto.Aes128Gcm(), 0, k, null, 1) != 1)
                throw new NativeException($"OpenSSL cannot set up AES-128-GCM: {OpenSslErrors.Drain()}.");
    }

    /// <summary>Encrypts <paramref name="data"/> in place and writes the tag over it and <paramref name="associatedData"/>.</summary>
    /// <returns>False when a length is wrong or OpenSSL fails; then <paramref name="data"/> has been wiped and must not be sent.</returns>
    public bool TrySeal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        if (nonce.Length == NonceSize && tag.Length == TagSize)
            fixed (byte* t = tag)
                if (TryProcess(nonce, associatedData, data, encrypt: 1)
                    && LibCrypto.FinishCipher(_context, t, out _) == 1
                    && LibCrypto.ControlCipher(_context, LibCrypto.GcmGetTag, TagSize, t) == 1)
                    return true;
        data.Clear(); // plaintext must not leave by mistake
        return false;
    }

    /// <summary>
    /// Decrypts <paramref name="data"/> in place if <paramref name="tag"/> authenticates it and <paramref name="associatedData"/>.
    /// </summary>
    /// <returns>False when a length is wrong or the tag does not match; then <paramref name="data"/> has been wiped.</returns>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        byte unused;
        if (nonce.Length == NonceSize && tag.Length == TagSize)
            fixed (byte* t = tag)
                if (TryProcess(nonce, associatedData, data, encrypt: 0)
                    && LibCrypto.ControlCipher(_context, LibCrypto.GcmSetTag, TagSize, t) == 1
                    && LibCrypto.FinishCipher(_context, &unused, out _) == 1)
                    return true;
        data.Clear(); // what was not authenticated must not be read
        return false;
    }

    public void Dispose() => _context.Dispose();

    private bool TryProcess(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, int encrypt)
    {
        fixed (byte* iv = nonce)
        fixed (byte* aad = associatedData)
        fixed (byte* bytes = data)
            return LibCrypto.InitCipher(_context, 0, 0, null, iv, encrypt) == 1
                && (associatedData.IsEmpty || LibCrypto.UpdateCipher(_context, null, out _, aad, associatedData.Length) == 1)
                && (data.IsEmpty || LibCrypto.UpdateCipher(_context, bytes, out _, bytes, data.Length) == 1);
    }
}
