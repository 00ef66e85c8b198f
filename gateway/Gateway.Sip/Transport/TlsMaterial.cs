using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Transport;

/// <summary>
/// The certificates of one configuration: ours, that of the listeners and those of trunks, and the authorities of peers. Their files may
/// change meanwhile (<see cref="PemCertificate"/>).
/// </summary>
internal sealed class TlsMaterial
{
    private readonly Dictionary<string, PemCertificate> _ofTrunks = [];

    private TlsMaterial(SipTlsOptions tls, PemCertificate? server)
    {
        (Server, AcceptAny, Clients) = (server, tls.AcceptAnyServerCertificate, tls.ClientCertificates);
        if (tls.AuthorityPath is not { } authorityPath)
            return;
        Authorities = [];
        Authorities.ImportFromPemFile(authorityPath);
    }

    /// <summary>That of the TLS listeners; null: there is none.</summary>
    public PemCertificate? Server { get; }

    /// <summary>Null: the system's.</summary>
    public X509Certificate2Collection? Authorities { get; }

    public bool AcceptAny { get; }

    public ClientCertificates Clients { get; }

    /// <summary>All of ours.</summary>
    public IEnumerable<PemCertificate> Ours => Server is null ? _ofTrunks.Values : _ofTrunks.Values.Prepend(Server);

    /// <summary>What we show a trunk; null: nothing.</summary>
    public PemCertificate? For(string? trunk) => (trunk is null ? null : _ofTrunks.GetValueOrDefault(trunk)) ?? Server;

    /// <summary>Reads all files.</summary>
    /// <exception cref="CryptographicException">A file is no certificate, or the key does not fit.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static TlsMaterial Load(SipTlsOptions? options, IEnumerable<TrunkOptions> trunks)
    {
        var tls = options ?? new SipTlsOptions();
        var server = tls.CertificatePath is { } path ? new PemCertificate("server", path, tls.KeyPath) : null;
        var material = new TlsMaterial(tls, server);
        foreach (var trunk in trunks)
            if (trunk.CertificatePath is { } own)
                material._ofTrunks.Add(trunk.Name, new PemCertificate(trunk.Name, own, trunk.KeyPath));
        return material;
    }

    /// <summary>The same for a running endpoint: all that is wrong with the files; what has run out is refused, unless it is in force
    /// already.</summary>
    /// <param name="options">The new options.</param>
    /// <param name="trunks">The new trunks.</param>
    /// <param name="inForce">What is used now.</param>
    /// <param name="now">Now.</param>
    /// <param name="faults">A sentence each; empty: the result can be used.</param>
    public static TlsMaterial? TryLoad(
        SipTlsOptions? options, IReadOnlyCollection<TrunkOptions> trunks, TlsMaterial inForce, DateTimeOffset now,
        out IReadOnlyList<string> faults)
    {
        var found = new List<string>();
        faults = found;
        // one after the other, so that all faults are found
        var own = Attempt("sip.tls", () => Load(options, []), found);
        foreach (var trunk in trunks.Where(trunk => trunk.CertificatePath is not null))
            _ = Attempt($"sip.trunks['{trunk.Name}'].certificatePath", () => Load(null, [trunk]), found);
        if (own is null || found.Count > 0)
            return null;
        var all = Load(options, trunks);
        var known = inForce.Ours.Select(certificate => certificate.Thumbprint).ToHashSet();
        found.AddRange(all.Ours
            .Where(certificate => certificate.NotAfter < now.UtcDateTime && !known.Contains(certificate.Thumbprint))
            .Select(certificate => $"the TLS certificate {certificate.Name} ran out on {certificate.NotAfter:u}: {certificate.Path}"));
        return found.Count == 0 ? all : null;
    }

    private static TlsMaterial? Attempt(string key, Func<TlsMaterial> load, List<string> faults)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            faults.Add($"{key}: {e.Message}");
            return null;
        }
    }
}
