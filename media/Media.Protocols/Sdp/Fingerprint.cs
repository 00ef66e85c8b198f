namespace Media.Protocols.Sdp;

/// <summary>
/// <c>a=fingerprint:sha-256 AB:CD:…</c> (RFC 8122 §5). Either case is read; we write the hash in lower and the digits in upper case.
/// </summary>
public readonly record struct Fingerprint(string Hash, string Digest)
{
    public static bool TryParse(string? value, out Fingerprint fingerprint)
    {
        fingerprint = default;
        var fields = (value ?? "").Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 2)
            return false;
        fingerprint = new Fingerprint(fields[0].ToLowerInvariant(), fields[1].ToUpperInvariant());
        return true;
    }

    /// <summary>Bytes of the hash: the more, the stronger; 0 for one that we do not know or do not trust, as SHA-1 and MD5.</summary>
    public int Strength => Hash switch
    {
        "sha-256" => 32,
        "sha-384" => 48,
        "sha-512" => 64,
        _ => 0,
    };

    /// <summary>As many hexadecimal pairs joined by colons as a hash that we know has bytes.</summary>
    public bool IsWellFormed
    {
        get
        {
            if (Strength == 0 || Digest.Length != Strength * 3 - 1)
                return false;
            for (var i = 0; i < Digest.Length; i++)
                if (i % 3 == 2 ? Digest[i] != ':' : !char.IsAsciiHexDigitUpper(Digest[i]))
                    return false;
            return true;
        }
    }

    public override string ToString() => $"{Hash} {Digest}";
}
