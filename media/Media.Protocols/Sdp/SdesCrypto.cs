using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Protocols.Sdp;

/// <summary>
/// <c>a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:key‖salt|2^31|1:4</c> (RFC 4568 §9.1): the keys with which the writer of the line protects
/// what it sends. A class, so that no accidental <c>ToString</c> shows a key; only <see cref="ToAttribute"/> does.
/// </summary>
/// <param name="tag">Numbers the line within its offer; the answer repeats it.</param>
/// <param name="profile">Not <see cref="SrtpProfile.None"/>.</param>
/// <param name="keys">At least one, of the profile's lengths.</param>
public sealed class SdesCrypto(int tag, SrtpProfile profile, params IReadOnlyList<SrtpKeys> keys)
{
    /// <summary>RFC 4568 §6.2, RFC 7714 §14.3.</summary>
    private static readonly (string Name, SrtpProfile Profile)[] Suites =
    [
        ("AES_CM_128_HMAC_SHA1_80", SrtpProfile.AesCm128HmacSha1_80),
        ("AES_CM_128_HMAC_SHA1_32", SrtpProfile.AesCm128HmacSha1_32),
        ("AEAD_AES_128_GCM", SrtpProfile.AeadAes128Gcm),
    ];

    /// <summary>More than any peer was seen to offer for one stream.</summary>
    private const int MaxKeys = 8;

    /// <summary>Of the largest number that <see cref="SrtpKeys.MaxMkiLength"/> bytes hold.</summary>
    private const int MaxMkiDigits = 309;

    public int Tag { get; } = tag;

    public SrtpProfile Profile { get; } = profile;

    public IReadOnlyList<SrtpKeys> Keys { get; } = keys;

    public static SrtpKeys NewKeys(SrtpProfile profile, IEntropy entropy)
    {
        Span<byte> bytes = stackalloc byte[SrtpProfileExtensions.MasterKeyLength + profile.MasterSaltLength()];
        entropy.Fill(bytes);
        return new SrtpKeys(bytes[..SrtpProfileExtensions.MasterKeyLength], bytes[SrtpProfileExtensions.MasterKeyLength..]);
    }

    /// <summary>
    /// False for a line that cannot be honoured: unknown suite, a session parameter that changes the protection, a key of another length,
    /// several keys that their identifiers do not distinguish. The answerer may skip such a line (RFC 4568 §5.1.2).
    /// </summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdesCrypto? crypto)
    {
        crypto = null;
        // Some peers write a blank behind the semicolon between two keys.
        var fields = (value ?? "").Replace("; ", ";", StringComparison.Ordinal).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 3 || !int.TryParse(fields[0], NumberStyles.None, null, out var tag))
            return false;
        var profile = Suites.FirstOrDefault(suite => suite.Name.Equals(fields[1], StringComparison.OrdinalIgnoreCase)).Profile;
        if (profile == SrtpProfile.None || !fields[3..].All(IsHarmless) || !TryReadAll(fields[2], profile, out var keys))
            return false;
        crypto = new SdesCrypto(tag, profile, keys);
        return true;
    }

    public SdpAttribute ToAttribute()
    {
        var name = Suites.First(suite => suite.Profile == Profile).Name;
        return new SdpAttribute("crypto", $"{Tag} {name} {string.Join(';', Keys.Select(Write))}");
    }

    private static string Write(SrtpKeys keys)
    {
        var inline = $"inline:{Convert.ToBase64String([.. keys.MasterKey, .. keys.MasterSalt])}";
        return keys.Mki.IsEmpty ? inline : $"{inline}|{new BigInteger(keys.Mki, isUnsigned: true, isBigEndian: true)}:{keys.Mki.Length}";
    }

    /// <summary>Keys separated by semicolons; several have different identifiers of one length (RFC 4568 §6.1).</summary>
    private static bool TryReadAll(string parameters, SrtpProfile profile, out IReadOnlyList<SrtpKeys> keys)
    {
        var read = new List<SrtpKeys>();
        keys = read;
        foreach (var parameter in parameters.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (read.Count == MaxKeys || !TryRead(parameter, profile, out var one))
                return false;
            if (read.Exists(known => known.Mki.Length != one.Mki.Length || known.Mki.SequenceEqual(one.Mki)))
                return false;
            read.Add(one);
        }
        return read.Count > 0;
    }

    /// <summary>
    /// <c>inline:key‖salt[|lifetime][|MKI:length]</c>. A lifetime covers hours of speech at least and is not monitored.
    /// </summary>
    private static bool TryRead(string parameter, SrtpProfile profile, [NotNullWhen(true)] out SrtpKeys? keys)
    {
        const string Method = "inline:";
        keys = null;
        if (!parameter.StartsWith(Method, StringComparison.OrdinalIgnoreCase))
            return false;
        var fields = parameter[Method.Length..].Split('|');
        byte[] mki = [];
        foreach (var field in fields[1..])
            if (field.Contains(':') && !TryReadMki(field, out mki))
                return false;
        var base64 = fields[0].TrimEnd('=');
        base64 = base64.PadRight((base64.Length + 3) / 4 * 4, '='); // some peers leave the padding out
        var bytes = new byte[SrtpProfileExtensions.MasterKeyLength + profile.MasterSaltLength()];
        return Convert.TryFromBase64String(base64, bytes, out var written)
            && SrtpKeys.TryFromInline(profile, bytes.AsSpan(0, written), mki, out keys);
    }

    /// <summary><c>value:length</c>: a decimal number, written in every packet in that many bytes.</summary>
    private static bool TryReadMki(string field, out byte[] mki)
    {
        mki = [];
        var colon = field.IndexOf(':');
        if (!int.TryParse(field.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length is < 1 or > SrtpKeys.MaxMkiLength || colon > MaxMkiDigits
            || !BigInteger.TryParse(field.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value.GetByteCount(isUnsigned: true) > length)
            return false;
        mki = new byte[length];
        value.TryWriteBytes(mki.AsSpan(length - value.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return true;
    }

    /// <summary>
    /// RFC 4568 §6.3: WSH is a hint, a parameter marked <c>-</c> may be skipped, and the order of encryption and error correction means
    /// nothing without FEC streams, which are never agreed; KDR, UNENCRYPTED_SRTP and the like change the protection.
    /// </summary>
    private static bool IsHarmless(string parameter) =>
        parameter.StartsWith('-')
        || parameter.StartsWith("WSH=", StringComparison.OrdinalIgnoreCase)
        || parameter.StartsWith("FEC_ORDER=", StringComparison.OrdinalIgnoreCase)
        || parameter.StartsWith("FEC_KEY=", StringComparison.OrdinalIgnoreCase)
        || parameter.Equals("KDR=0", StringComparison.OrdinalIgnoreCase);
}
