namespace Media.Protocols.Sdp;

/// <summary>
/// <c>a=fingerprint:sha-256 AB:CD:…</c> (RFC 8122 §5). Either case is read; we write the hash in lower and the digits in upper case.
/// </summary>
public readonly record struct Fingerprint(string Hash, string Digest)
{
    /// <summary>SHA-256: 32 pairs of digits and the colons between.</summary>
    private const int Sha256Length = 32 * 3 - 1;

    public static bool TryParse(string? value, out Fingerprint fingerprint)
    {
        fingerprint = default;
        var fields = (value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 2)
            return false;
        fingerprint = new Fingerprint(fields[0].ToLowerInvariant(), fields[1].ToUpperInvariant());
        return true;
    }

    public bool IsSha256 => Hash == "sha-256";

    /// <summary>32 hexadecimal pairs joined by colons.</summary>
    public bool IsWellFormedSha256
    {
        get
        {
            if (!IsSha256 || Digest.Length != Sha256Length)
                return false;
            for (var i = 0; i < Digest.Length; i++)
                if (i % 3 == 2 ? Digest[i] != ':' : !char.IsAsciiHexDigitUpper(Digest[i]))
                    return false;
            return true;
        }
    }

    public override string ToString() => $"{Hash} {Digest}";
}
