namespace Media.Protocols.Srtp;

/// <summary>The transform of each profile.</summary>
internal static class SrtpTransforms
{
    /// <exception cref="ArgumentException">The keys do not fit the profile.</exception>
    public static SrtpTransform Create(SrtpProfile profile, SrtpKeys keys, ISrtpPrimitives primitives)
    {
        if (keys.MasterSalt.Length != profile.MasterSaltLength())
            throw new ArgumentException("The master salt does not fit the profile.", nameof(keys));
        return profile switch
        {
            SrtpProfile.AesCm128HmacSha1_80 or SrtpProfile.AesCm128HmacSha1_32 =>
                AesCmHmacTransform.Derive(profile.RtpOverhead(), keys, primitives),
            SrtpProfile.AeadAes128Gcm => AesGcmTransform.Derive(keys, primitives),
            _ => throw new ArgumentOutOfRangeException(nameof(profile)),
        };
    }
}
