using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Protocols.Sdp;

/// <summary>
/// <c>a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:key‖salt|2^31</c> (RFC 4568 §9.1): the key with which the writer of the line protects what it sends.
/// A class, so that no accidental <c>ToString</c> shows the key; only <see cref="ToAttribute"/> does.
/// </summary>
/// <param name="tag">Numbers the line within its offer; the answer repeats it.</param>
/// <param name="profile">Not <see cref="SrtpProfile.None"/>.</param>
/// <param name="keys">Of the profile's lengths.</param>
public sealed class SdesCrypto(int tag, SrtpProfile profile, SrtpKeys keys)
{
    /// <summary>RFC 4568 §6.2, RFC 7714 §14.3.</summary>
    private static readonly (string Name, SrtpProfile Profile)[] Suites =
    [
        ("AES_CM_128_HMAC_SHA1_80", SrtpProfile.AesCm128HmacSha1_80),
        ("AES_CM_128_HMAC_SHA1_32", SrtpProfile.AesCm128HmacSha1_32),
        ("AEAD_AES_128_GCM", SrtpProfile.AeadAes128Gcm),
    ];

    public int Tag { get; } = tag;

    public SrtpProfile Profile { get; } = profile;

    public SrtpKeys Keys { get; } = keys;

    public static SrtpKeys NewKeys(SrtpProfile profile, IEntropy entropy)
    {
        Span<byte> bytes = stackalloc byte[SrtpProfileExtensions.MasterKeyLength + profile.MasterSaltLength()];
        entropy.Fill(bytes);
        return new SrtpKeys(bytes[..SrtpProfileExtensions.MasterKeyLength], bytes[SrtpProfileExtensions.MasterKeyLength..]);
    }

    /// <summary>
    /// False for a line that cannot be honoured: unknown suite, several keys, an MKI, a session parameter that changes the protection, a
    /// key of another length. The answerer may pass over such a line (RFC 4568 §5.1.2).
    /// </summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdesCrypto? crypto)
    {
        crypto = null;
        var fields = (value ?? "").Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 3 || !int.TryParse(fields[0], NumberStyles.None, null, out var tag))
            return false;
        var profile = Suites.FirstOrDefault(suite => suite.Name.Equals(fields[1], StringComparison.OrdinalIgnoreCase)).Profile;
        if (profile == SrtpProfile.None || !fields[3..].All(IsHarmless) || !TryReadKeys(fields[2], profile, out var keys))
            return false;
        crypto = new SdesCrypto(tag, profile, keys);
        return true;
    }

    public SdpAttribute ToAttribute()
    {
        var name = Suites.First(suite => suite.Profile == Profile).Name;
        return new SdpAttribute("crypto", $"{Tag} {name} inline:{Convert.ToBase64String([.. Keys.MasterKey, .. Keys.MasterSalt])}");
    }

    /// <summary>
    /// <c>inline:key‖salt[|lifetime][|MKI:length]</c>. A lifetime is hours of speech at least and needs no watching; an MKI would be in
    /// every packet.
    /// </summary>
    private static bool TryReadKeys(string parameter, SrtpProfile profile, [NotNullWhen(true)] out SrtpKeys? keys)
    {
        const string Method = "inline:";
        keys = null;
        if (!parameter.StartsWith(Method, StringComparison.OrdinalIgnoreCase) || parameter.Contains(';'))
            return false;
        var fields = parameter[Method.Length..].Split('|');
        if (fields[1..].Any(field => field.Contains(':')))
            return false;
        var base64 = fields[0].TrimEnd('=');
        base64 = base64.PadRight((base64.Length + 3) / 4 * 4, '='); // some peers leave the padding out
        var bytes = new byte[SrtpProfileExtensions.MasterKeyLength + profile.MasterSaltLength()];
        return Convert.TryFromBase64String(base64, bytes, out var written) && SrtpKeys.TryFromInline(profile, bytes.AsSpan(0, written), out keys);
    }

    /// <summary>
    /// RFC 4568 §6.3: WSH is a hint, a parameter marked <c>-</c> may be skipped; KDR, UNENCRYPTED_SRTP, FEC_ORDER and the like change the
    /// protection.
    /// </summary>
    private static bool IsHarmless(string parameter) =>
        parameter.StartsWith('-')
        || parameter.StartsWith("WSH=", StringComparison.OrdinalIgnoreCase)
        || parameter.Equals("KDR=0", StringComparison.OrdinalIgnoreCase);
}
