using System.Runtime.InteropServices;
using Media.Native.Crypto;

namespace Media.Native.Dtls;

/// <summary>The data of one handshake's callbacks, in native memory that the SSL points to.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DtlsCallbackData
{
    internal DtlsFingerprints ExpectedPeers;
    internal uint FirstRetransmitMicroseconds;
    internal uint MaxRetransmitMicroseconds;

    /// <summary>0: no certificate seen yet; 1: the announced one; −1: another one.</summary>
    internal int Verdict;
}

/// <summary>Builds the SSL_CTX: DTLS 1.2 only, forward-secret AEAD suites, SRTP, peer certificate required and compared by hash.</summary>
internal static unsafe class DtlsContext
{
    internal const int CallbackDataIndex = 0; // SSL's own "app data" slot

    /// <summary>
    /// ECDHE-ECDSA-AES128-GCM-SHA256, which RFC 8827 §6.5 makes mandatory, and its AES-256 and RSA siblings. AES-GCM only:
    /// <see cref="DtlsRecords"/> relies on the length of its shortest record.
    /// </summary>
    private const string CipherSuites = "ECDHE+AESGCM";
    private const string Groups = "X25519:P-256:P-384";

    /// <summary>Bytes of certificates a peer may send; self-signed ones have under 2 kB. OpenSSL's own limit is 100 kB.</summary>
    private const int MaxCertificateList = 16 * 1024;

    internal static SslContextHandle Create(DtlsOptions options)
    {
        var context = LibSsl.NewContext(LibSsl.DtlsMethod());
        if (!context.IsInvalid && TryConfigure(context, options))
            return context;
        context.Dispose();
        throw new NativeException($"OpenSSL cannot set up DTLS 1.2 with SRTP: {OpenSslErrors.Drain()}.");
    }

    private static bool TryConfigure(SslContextHandle context, DtlsOptions options)
    {
        LibSsl.SetContextOptions(context, LibSsl.OptionNoQueryMtu | LibSsl.OptionNoTicket | LibSsl.OptionNoCompression
            | LibSsl.OptionCipherServerPreference | LibSsl.OptionNoRenegotiation);
        LibSsl.ControlContext(context, LibSsl.ControlSetSessionCacheMode, 0, 0);
        LibSsl.ControlContext(context, LibSsl.ControlSetMaxCertificateList, MaxCertificateList, 0);
        LibSsl.SetVerify(context, LibSsl.VerifyPeerAndFailWithout, 0);
        LibSsl.SetVerifyCallback(context, &VerifyPeer, 0);
        return LibSsl.ControlContext(context, LibSsl.ControlSetMinVersion, LibSsl.Dtls12, 0) == 1
            && LibSsl.ControlContext(context, LibSsl.ControlSetMaxVersion, LibSsl.Dtls12, 0) == 1
            && LibSsl.SetCipherList(context, CipherSuites) == 1
            && LibSsl.ControlContext(context, LibSsl.ControlSetGroupsList, 0, Groups) == 1
            && LibSsl.SetUseSrtp(context, string.Join(':', options.SrtpProfiles.Select(p => p.OpenSslName()))) == 0;
    }

    /// <summary>
    /// Replaces OpenSSL's chain check, which self-signed certificates would fail: the leaf's hash must be one that the SDP announced.
    /// Called inside the handshake, so an unexpected peer gets a bad_certificate alert and no Finished.
    /// </summary>
    [UnmanagedCallersOnly]
    private static int VerifyPeer(nint storeContext, nint argument)
    {
        var ssl = LibSsl.GetStoreContextExData(storeContext, LibSsl.GetStoreContextIndex());
        var data = (DtlsCallbackData*)LibSsl.GetExData(ssl, CallbackDataIndex);
        var certificate = LibSsl.GetStoreContextCertificate(storeContext);
        if (certificate != 0 && IsExpected(certificate, data->ExpectedPeers))
        {
            data->Verdict = 1;
            return 1;
        }
        data->Verdict = -1;
        LibSsl.SetStoreContextError(storeContext, LibSsl.CertificateRejected);
        return 0;
    }

    private static bool IsExpected(nint certificate, in DtlsFingerprints expected)
    {
        var hash = stackalloc byte[DtlsFingerprint.MaxSize]; // EVP_MAX_MD_SIZE
        foreach (ref readonly var fingerprint in (ReadOnlySpan<DtlsFingerprint>)expected)
        {
            var digest = fingerprint.Hash switch
            {
                DtlsHash.Sha256 => LibSsl.Sha256(),
                DtlsHash.Sha384 => LibSsl.Sha384(),
                DtlsHash.Sha512 => LibSsl.Sha512(),
                _ => 0,
            };
            if (digest != 0 && LibSsl.DigestCertificate(certificate, digest, hash, out var length) == 1
                && fingerprint.FixedTimeEquals(new ReadOnlySpan<byte>(hash, (int)length)))
                return true;
        }
        return false;
    }

    /// <summary>The wait for an answer, given the wait before; 0 asks for the first.</summary>
    [UnmanagedCallersOnly]
    internal static uint NextTimeout(nint ssl, uint previousMicroseconds)
    {
        var data = (DtlsCallbackData*)LibSsl.GetExData(ssl, CallbackDataIndex);
        return previousMicroseconds == 0
            ? data->FirstRetransmitMicroseconds
            : Math.Min(previousMicroseconds * 2, data->MaxRetransmitMicroseconds);
    }
}
