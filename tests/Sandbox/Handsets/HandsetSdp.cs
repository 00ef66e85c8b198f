namespace Sandbox.Handsets;

/// <summary>
/// The facts of the business's description that a handset needs. Read line by line and independently, so that the handset disagrees with
/// the gateway's reader if that one errs.
/// </summary>
public sealed record HandsetSdp(
    string Ufrag, string Password, string Fingerprint, string Setup, IReadOnlyList<string> Candidates, bool HasPcmu, string Mid)
{
    /// <exception cref="HandsetException">A fact is missing, or there are two of one.</exception>
    public static HandsetSdp Parse(string sdp)
    {
        var lines = sdp.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var media = lines.SingleOrDefault(line => line.StartsWith("m=audio ", StringComparison.Ordinal))
            ?? throw new HandsetException("There is not exactly one m=audio line.");
        if (media.Split(' ')[2] != "UDP/TLS/RTP/SAVPF" || !lines.Contains("a=rtcp-mux"))
            throw new HandsetException("The audio is not DTLS-SRTP with rtcp-mux.");
        if (PayloadType(lines, "opus/48000/2") is null)
            throw new HandsetException("There is no Opus.");
        return new HandsetSdp(
            One(lines, "a=ice-ufrag:"), One(lines, "a=ice-pwd:"), Sha256(One(lines, "a=fingerprint:")), One(lines, "a=setup:"),
            [.. lines.Where(line => line.StartsWith("a=candidate:", StringComparison.Ordinal)).Select(line => line["a=".Length..])],
            PayloadType(lines, "PCMU/8000") is not null,
            lines.Any(line => line.StartsWith("a=mid:", StringComparison.Ordinal)) ? One(lines, "a=mid:") : "0");
    }

    private static string One(string[] lines, string prefix)
    {
        var found = lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        return found.Count == 1 ? found[0][prefix.Length..] : throw new HandsetException($"There is not exactly one {prefix} line.");
    }

    private static string Sha256(string value)
    {
        var parts = value.Split(' ');
        return parts.Length == 2 && parts[0].Equals("sha-256", StringComparison.OrdinalIgnoreCase)
            ? parts[1]
            : throw new HandsetException("The fingerprint is not SHA-256.");
    }

    private static byte? PayloadType(string[] lines, string encoding)
    {
        var line = lines.FirstOrDefault(
            l => l.StartsWith("a=rtpmap:", StringComparison.Ordinal) && l.EndsWith(" " + encoding, StringComparison.OrdinalIgnoreCase));
        return line is null ? null : byte.Parse(line["a=rtpmap:".Length..line.IndexOf(' ')]);
    }
}
