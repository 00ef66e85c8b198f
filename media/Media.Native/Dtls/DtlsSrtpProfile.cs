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
    /// <summary>The default offer: strongest first.</summary>
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
