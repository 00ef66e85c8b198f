using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Sip.Transport;

/// <summary>The reason why the certificate of one peer was refused, in words for an operator.</summary>
internal sealed class TlsVerdict
{
    /// <summary>NotSignatureValid: an authority of the right name and with another key.</summary>
    private const X509ChainStatusFlags UntrustedAuthority =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;

    /// <summary>Null: it was not refused by us.</summary>
    public string? Reason { get; private set; }

    /// <summary>False: refused, and <see cref="Reason"/> says why.</summary>
    public bool Judge(X509Chain? chain, SslPolicyErrors errors, bool mayBeAbsent)
    {
        if (errors == SslPolicyErrors.None || (mayBeAbsent && errors == SslPolicyErrors.RemoteCertificateNotAvailable))
            return true;
        var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, next) => all | next.Status)
            ?? X509ChainStatusFlags.NoError;
        Reason = "TLS: " + Describe(errors, status);
        return false;
    }

    private static string Describe(SslPolicyErrors errors, X509ChainStatusFlags status)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return "the peer shows no certificate";
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
            return "the peer's certificate is expired or not valid yet";
        if ((status & UntrustedAuthority) != 0)
            return "the peer's certificate is of an authority that is not trusted";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return "the peer's certificate is for another name";
        return $"the peer's certificate is refused ({status})";
    }
}
