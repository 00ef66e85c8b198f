using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Worker.Configuration;

/// <summary>
/// The keys with which nodes encrypt what they leave for each other in Redis (`node.clusterKeys`): the first writes, all read, so that a
/// new key can be given to all nodes before the first of them writes with it.
/// </summary>
/// <remarks>
/// AES-256-GCM (SP 800-38D) under a key of its own for each context, by HKDF (RFC 5869): a key meets few messages, for which random nonces
/// are good. What is bound to a context can be read in no other.
/// <code>
/// | length of key id (1) | key id | nonce (12) | tag (16) | ciphertext |
/// </code>
/// </remarks>
internal sealed class ClusterKeys
{
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16, MaxIdBytes = 16;

    private readonly Dictionary<string, byte[]> _keys;
    private readonly string _writer;

    private ClusterKeys(Dictionary<string, byte[]> keys, string writer) => (_keys, _writer) = (keys, writer);

    /// <summary>Null: none is configured.</summary>
    public static ClusterKeys? Of(IReadOnlyList<Secret> configured)
    {
        Dictionary<string, byte[]> keys = [];
        string? writer = null;
        foreach (var secret in configured)
        {
            if (!TryRead(secret, out var id, out var key))
                continue;
            writer ??= id;
            keys.TryAdd(id, key);
        }
        return writer is null ? null : new ClusterKeys(keys, writer);
    }

    /// <summary>Reads `id:key`: 1 to 16 letters, digits, `-` or `_`, and 32 bytes in base64.</summary>
    public static bool TryRead(Secret secret, [NotNullWhen(true)] out string? id, [NotNullWhen(true)] out byte[]? key)
    {
        var text = secret.Reveal();
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        (id, key) = (colon < 0 ? "" : text[..colon], new byte[KeyBytes]);
        return id.Length is > 0 and <= MaxIdBytes && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            && Convert.TryFromBase64String(text[(colon + 1)..], key, out var length) && length == KeyBytes;
    }

    /// <param name="text">What is to be kept.</param>
    /// <param name="context">What it is about: to be shown again to read it.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> text, string context)
    {
        var id = Encoding.ASCII.GetBytes(_writer);
        var written = new byte[1 + id.Length + NonceBytes + TagBytes + text.Length];
        written[0] = (byte)id.Length;
        id.CopyTo(written, 1);
        var rest = written.AsSpan(1 + id.Length);
        RandomNumberGenerator.Fill(rest[..NonceBytes]);
        using var aes = CipherOf(_keys[_writer], context);
        aes.Encrypt(rest[..NonceBytes], text, rest[(NonceBytes + TagBytes)..], rest.Slice(NonceBytes, TagBytes));
        return written;
    }

    /// <summary>False: it was written with a key that is not ours, for another context, or was changed.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> written, string context, [NotNullWhen(true)] out byte[]? text)
    {
        text = null;
        if (written.IsEmpty || written[0] > MaxIdBytes || written.Length < 1 + written[0] + NonceBytes + TagBytes
            || !_keys.TryGetValue(Encoding.ASCII.GetString(written.Slice(1, written[0])), out var key))
            return false;
        var rest = written[(1 + written[0])..];
        var plain = new byte[rest.Length - NonceBytes - TagBytes];
        using var aes = CipherOf(key, context);
        try
        {
            aes.Decrypt(rest[..NonceBytes], rest[(NonceBytes + TagBytes)..], rest.Slice(NonceBytes, TagBytes), plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        text = plain;
        return true;
    }

    private static AesGcm CipherOf(byte[] key, string context) => new(
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeyBytes, info: Encoding.UTF8.GetBytes(context)), TagBytes);
}
