namespace Media.Protocols.Ice;

/// <summary>
/// One side's username fragment and password (RFC 8445 §5.3). The password may hold any character: Meta's end in <c>==</c>,
/// which is outside RFC 8839's ice-char.
/// </summary>
/// <param name="Ufrag">4 to 256 characters.</param>
/// <param name="Password">22 to 256 characters; a secret, never part of <see cref="ToString"/>.</param>
public sealed record IceCredentials(string Ufrag, string Password)
{
    /// <summary>RFC 8839 §5.4.</summary>
    public const int MaxLength = 256;

    /// <summary>Lengths are within RFC 8839 §5.4 and the characters are allowed in a STUN username and an SDP line.</summary>
    public bool IsUsable =>
        Ufrag is { Length: >= 4 and <= MaxLength } && Password is { Length: >= 22 and <= MaxLength }
        && IsPlain(Ufrag) && !Ufrag.Contains(':') && IsPlain(Password);

    /// <summary>48 bits of username fragment (enough to distinguish a port's calls) and 144 bits of password.</summary>
    public static IceCredentials Generate(Primitives.IEntropy entropy) =>
        new(Primitives.EntropyExtensions.NextIceChars(entropy, 8), Primitives.EntropyExtensions.NextIceChars(entropy, 24));

    public override string ToString() => $"{Ufrag}:***";

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
            if (c is <= ' ' or > '~')
                return false;
        return true;
    }
}
