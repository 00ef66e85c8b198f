using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Media.Protocols.Srtp;

/// <summary>
/// The master key and salt of one direction. A secret: it has no text form but in snapshots, which are encrypted, and what is derived from
/// it stays inside <see cref="SrtpSession"/>.
/// </summary>
[JsonConverter(typeof(SrtpKeysJson))]
public sealed class SrtpKeys
{
    private readonly byte[] _key;
    private readonly byte[] _salt;

    /// <summary>Bytes that a master key identifier may have (RFC 4568 §6.1).</summary>
    public const int MaxMkiLength = 128;

    private readonly byte[] _mki;

    /// <param name="masterKey">16 bytes.</param>
    /// <param name="masterSalt">14 bytes, 12 for AES-GCM: see <see cref="SrtpProfileExtensions.MasterSaltLength"/>.</param>
    /// <param name="mki">
    /// The identifier that packets under this key carry before their tag (RFC 3711 §3.1), at most <see cref="MaxMkiLength"/> bytes; usually
    /// none.
    /// </param>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public SrtpKeys(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, ReadOnlySpan<byte> mki = default)
    {
        if (mki.Length > MaxMkiLength)
            throw new ArgumentException("A master key identifier has at most 128 bytes.", nameof(mki));
        _mki = mki.ToArray();
        if (masterKey.Length != SrtpProfileExtensions.MasterKeyLength)
            throw new ArgumentException("A master key has 16 bytes.", nameof(masterKey));
        if (masterSalt.Length is not (12 or 14))
            throw new ArgumentException("A master salt has 12 or 14 bytes.", nameof(masterSalt));
        _key = masterKey.ToArray();
        _salt = masterSalt.ToArray();
    }

    internal ReadOnlySpan<byte> MasterKey => _key;

    internal ReadOnlySpan<byte> MasterSalt => _salt;

    internal ReadOnlySpan<byte> Mki => _mki;

    /// <summary>The salt has the length that the profile wants; a profile is known.</summary>
    public bool Fits(SrtpProfile profile) =>
        Enum.IsDefined(profile) && profile != SrtpProfile.None && _salt.Length == profile.MasterSaltLength();

    /// <summary>True when both are the same secret, compared in a time that does not depend on them.</summary>
    public bool FixedTimeEquals(SrtpKeys other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return CryptographicOperations.FixedTimeEquals(_key, other._key) && CryptographicOperations.FixedTimeEquals(_salt, other._salt)
            && _mki.AsSpan().SequenceEqual(other._mki);
    }

    /// <summary>
    /// Splits the output of a DTLS exporter into client and server keys: both keys first, then both salts (RFC 5764 §4.2).
    /// </summary>
    /// <param name="profile">The one DTLS negotiated.</param>
    /// <param name="material">Exactly <see cref="SrtpProfileExtensions.ExporterLength"/> bytes.</param>
    /// <param name="client">The keys that the DTLS client protects with.</param>
    /// <param name="server">The keys that the DTLS server protects with.</param>
    /// <returns>False when the length does not fit the profile.</returns>
    public static bool TrySplitExporter(
        SrtpProfile profile, ReadOnlySpan<byte> material,
        [NotNullWhen(true)] out SrtpKeys? client, [NotNullWhen(true)] out SrtpKeys? server)
    {
        client = server = null;
        if (profile == SrtpProfile.None || material.Length != profile.ExporterLength())
            return false;
        const int Key = SrtpProfileExtensions.MasterKeyLength;
        var salts = material[(2 * Key)..];
        var half = profile.MasterSaltLength();
        client = new SrtpKeys(material[..Key], salts[..half]);
        server = new SrtpKeys(material[Key..(2 * Key)], salts[half..]);
        return true;
    }

    /// <summary>Whole key and salt as one SDES inline value carries them (RFC 4568 §6.1).</summary>
    /// <param name="profile">The profile they are for.</param>
    /// <param name="keyAndSalt">The key, then the salt.</param>
    /// <param name="mki">Their identifier; may be empty.</param>
    /// <param name="keys">Set on true.</param>
    /// <returns>False when a length does not fit.</returns>
    public static bool TryFromInline(
        SrtpProfile profile, ReadOnlySpan<byte> keyAndSalt, ReadOnlySpan<byte> mki, [NotNullWhen(true)] out SrtpKeys? keys)
    {
        const int Key = SrtpProfileExtensions.MasterKeyLength;
        keys = null;
        if (profile == SrtpProfile.None || keyAndSalt.Length != Key + profile.MasterSaltLength() || mki.Length > MaxMkiLength)
            return false;
        keys = new SrtpKeys(keyAndSalt[..Key], keyAndSalt[Key..], mki);
        return true;
    }
}

/// <summary>
/// <see cref="SrtpKeys"/> in JSON, for snapshots that leave the process encrypted: two Base64 texts, key with salt and identifier.
/// </summary>
public sealed class SrtpKeysJson : JsonConverter<SrtpKeys>
{
    public override SrtpKeys Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<byte[]> parts = [[], []];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("SRTP keys are an array of two texts.");
        for (var i = 0; i < parts.Length; i++)
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out parts[i]!))
                throw new JsonException("SRTP keys are an array of two Base64 texts.");
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray)
            throw new JsonException("SRTP keys are an array of two texts.");
        const int Key = SrtpProfileExtensions.MasterKeyLength;
        if (parts[0].Length - Key is not (12 or 14) || parts[1].Length > SrtpKeys.MaxMkiLength)
            throw new JsonException("SRTP keys have another length.");
        return new SrtpKeys(parts[0].AsSpan(0, Key), parts[0].AsSpan(Key), parts[1]);
    }

    public override void Write(Utf8JsonWriter writer, SrtpKeys value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteBase64StringValue([.. value.MasterKey, .. value.MasterSalt]);
        writer.WriteBase64StringValue(value.Mki);
        writer.WriteEndArray();
    }
}
