using System.Security.Cryptography;
using System.Text;

namespace AdminApi.Platform;

/// <summary>The text of an API key, `wag_ID_SECRET`: shown once, when it is made; only its SHA-256 is kept.</summary>
public readonly record struct KeyText(string Id, string Text)
{
    private const string Prefix = "wag_";
    private const int IdLength = 12;

    /// <summary>256 bits.</summary>
    private const int SecretLength = 43;

    private const string IdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const string SecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + IdAlphabet;

    public byte[] Hash => HashOf(Text);

    public static KeyText New() => Renewed(RandomNumberGenerator.GetString(IdAlphabet, IdLength));

    /// <summary>A new secret for the same id.</summary>
    public static KeyText Renewed(string id) => new(id, $"{Prefix}{id}_{RandomNumberGenerator.GetString(SecretAlphabet, SecretLength)}");

    public static bool TryParse(string text, out KeyText key)
    {
        key = default;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > 200
            || text[Prefix.Length..].Split('_') is not [{ Length: > 0 and <= 32 } id, { Length: > 0 }])
            return false;
        key = new KeyText(id, text);
        return true;
    }

    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => $"{Prefix}{Id}_…";
}
