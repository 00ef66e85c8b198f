namespace Media.Protocols.Srtp;

/// <summary>The purpose of each session key: the label of RFC 3711 §4.3.2.</summary>
internal enum SrtpKeyLabel : byte
{
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// <summary>
/// Derives session keys from a master key with AES in counter mode (RFC 3711 §4.3.3), once: the key derivation rate is zero, as in
/// DTLS-SRTP and plain SDES. AES-GCM derives the same way, its 96-bit salt padded with zeros to 112 bits (RFC 7714 §11).
/// </summary>
internal static class SrtpKeyDerivation
{
    private const int LabelOffset = 7;

    public static void Derive(IAesCtr masterKey, ReadOnlySpan<byte> masterSalt, SrtpKeyLabel label, Span<byte> sessionKey)
    {
        // x = label · 2^48 XOR salt, as 112 bits; the counter block is x · 2^16.
        Span<byte> block = stackalloc byte[16];
        block.Clear();
        masterSalt.CopyTo(block);
        block[LabelOffset] ^= (byte)label;
        sessionKey.Clear();
        masterKey.Transform(block, sessionKey);
    }
}
