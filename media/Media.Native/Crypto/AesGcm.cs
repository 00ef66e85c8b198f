namespace Media.Native.Crypto;

/// <summary>
/// AES-128-GCM (NIST SP 800-38D) under one key, with 12-byte nonces and 16-byte tags: AEAD_AES_128_GCM of RFC 7714. The key schedule is
/// made once for each direction. One thread at a time; no call allocates managed memory.
/// </summary>
public sealed unsafe class AesGcm : IDisposable
{
    public const int KeySize = 16;
    public const int NonceSize = 12;
    public const int TagSize = 16;

    private readonly CipherContextHandle _seal;
    private readonly CipherContextHandle _open;

    /// <param name="key">16 bytes; copied.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    /// <exception cref="NativeException">OpenSSL refuses.</exception>
    public AesGcm(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
            throw new ArgumentException("AES-128 takes 16 bytes.", nameof(key));
        _seal = Create(key, encrypt: 1);
        _open = Create(key, encrypt: 0);
    }

    /// <summary>Encrypts <paramref name="data"/> in place and writes the tag over it and <paramref name="associatedData"/>.</summary>
    /// <returns>False when a length is wrong or OpenSSL fails; then nothing may be sent.</returns>
    public bool TrySeal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        if (nonce.Length != NonceSize || tag.Length != TagSize)
            return false;
        if (!TryProcess(_seal, nonce, associatedData, data, encrypt: 1))
            return false;
        fixed (byte* t = tag)
            return LibCrypto.FinishCipher(_seal, t, out _) == 1
                && LibCrypto.ControlCipher(_seal, LibCrypto.GcmGetTag, TagSize, t) == 1;
    }

    /// <summary>Decrypts <paramref name="data"/> in place if <paramref name="tag"/> authenticates it and <paramref name="associatedData"/>.</summary>
    /// <returns>False when a length is wrong or the tag does not match; then <paramref name="data"/> has been wiped.</returns>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        if (nonce.Length != NonceSize || tag.Length != TagSize)
            return false;
        fixed (byte* t = tag)
        {
            byte unused;
            if (TryProcess(_open, nonce, associatedData, data, encrypt: 0)
                && LibCrypto.ControlCipher(_open, LibCrypto.GcmSetTag, TagSize, t) == 1
                && LibCrypto.FinishCipher(_open, &unused, out _) == 1)
                return true;
        }
        data.Clear(); // unauthenticated plaintext must not survive
        return false;
    }

    public void Dispose()
    {
        _seal.Dispose();
        _open.Dispose();
    }

    private static bool TryProcess(
        CipherContextHandle context, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, int encrypt)
    {
        fixed (byte* iv = nonce)
        fixed (byte* aad = associatedData)
        fixed (byte* bytes = data)
            return LibCrypto.InitCipher(context, 0, 0, null, iv, encrypt) == 1
                && (associatedData.IsEmpty || LibCrypto.UpdateCipher(context, null, out _, aad, associatedData.Length) == 1)
                && (data.IsEmpty || LibCrypto.UpdateCipher(context, bytes, out _, bytes, data.Length) == 1);
    }

    private static CipherContextHandle Create(ReadOnlySpan<byte> key, int encrypt)
    {
        var context = LibCrypto.NewCipherContext();
        fixed (byte* k = key)
            if (LibCrypto.InitCipher(context, LibCrypto.Aes128Gcm(), 0, k, null, encrypt) != 1)
                throw new NativeException($"OpenSSL cannot set up AES-128-GCM: {OpenSslErrors.Drain()}.");
        return context; // 12 bytes is GCM's default nonce length
    }
}
