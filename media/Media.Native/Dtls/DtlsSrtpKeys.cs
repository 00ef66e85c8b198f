namespace Media.Native.Dtls;

/// <summary>An SRTP protection profile by its IANA number (RFC 5764 §4.1.2, RFC 7714 §14.2).</summary>
public enum DtlsSrtpProfile
{
    AesCm128HmacSha1Tag80 = 1,
    AesCm128HmacSha1Tag32 = 2,
    AeadAes128Gcm = 7,
}

/// <summary>Key and salt lengths of a profile, in bytes, and its name in OpenSSL.</summary>
public static class DtlsSrtpProfiles
{
    /// <summary>What is offered when nothing else is asked for: strongest first.</summary>
    public static IReadOnlyList<DtlsSrtpProfile> Default { get; } =
        [DtlsSrtpProfile.AeadAes128Gcm, DtlsSrtpProfile.AesCm128HmacSha1Tag80, DtlsSrtpProfile.AesCm128HmacSha1Tag32];

    public const int KeySize = 16;

    public static int SaltSize(this DtlsSrtpProfile profile) => profile == DtlsSrtpProfile.AeadAes128Gcm ? 12 : 14;

    internal static string OpenSslName(this DtlsSrtpProfile profile) => profile switch
    {
        DtlsSrtpProfile.AeadAes128Gcm => "SRTP_AEAD_AES_128_GCM",
        DtlsSrtpProfile.AesCm128HmacSha1Tag80 => "SRTP_AES128_CM_SHA1_80",
        DtlsSrtpProfile.AesCm128HmacSha1Tag32 => "SRTP_AES128_CM_SHA1_32",
        _ => throw new ArgumentOutOfRangeException(nameof(profile), profile, "Not an SRTP profile."),
    };
}

/// <summary>
/// SRTP master keys and salts from a finished handshake (RFC 5764 §4.2), already sorted by direction: what this endpoint encrypts with is
/// local, what the peer encrypts with is remote. Secret: never logged; call <see cref="Clear"/> once the SRTP session is keyed.
/// </summary>
public sealed class DtlsSrtpKeys
{
    internal DtlsSrtpKeys(DtlsSrtpProfile profile, DtlsRole role, ReadOnlySpan<byte> material)
    {
        // client_write_key | server_write_key | client_write_salt | server_write_salt
        var salt = profile.SaltSize();
        var keys = material[..(2 * DtlsSrtpProfiles.KeySize)];
        var salts = material.Slice(2 * DtlsSrtpProfiles.KeySize, 2 * salt);
        var (client, server) = (keys[..DtlsSrtpProfiles.KeySize].ToArray(), keys[DtlsSrtpProfiles.KeySize..].ToArray());
        var (clientSalt, serverSalt) = (salts[..salt].ToArray(), salts[salt..].ToArray());
        Profile = profile;
        (LocalKey, RemoteKey) = role == DtlsRole.Client ? (client, server) : (server, client);
        (LocalSalt, RemoteSalt) = role == DtlsRole.Client ? (clientSalt, serverSalt) : (serverSalt, clientSalt);
    }

    public DtlsSrtpProfile Profile { get; }

    public byte[] LocalKey { get; }

    public byte[] LocalSalt { get; }

    public byte[] RemoteKey { get; }

    public byte[] RemoteSalt { get; }

    /// <summary>Overwrites the secrets with zeros.</summary>
    public void Clear()
    {
        Array.Clear(LocalKey);
        Array.Clear(LocalSalt);
        Array.Clear(RemoteKey);
        Array.Clear(RemoteSalt);
    }
}
