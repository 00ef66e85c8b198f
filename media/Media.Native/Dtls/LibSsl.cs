using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Media.Native.Dtls;

internal sealed class SslContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibSsl.FreeContext(handle);
        return true;
    }
}

/// <summary>An SSL and the data its callbacks read; freed together, the memory last.</summary>
internal sealed class SslHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    internal nint CallbackData { get; set; }

    protected override unsafe bool ReleaseHandle()
    {
        LibSsl.FreeSsl(handle);
        NativeMemory.Free((void*)CallbackData);
        return true;
    }
}

/// <summary>The part of OpenSSL 3's libssl (and of libcrypto's BIO and X509) that is used.</summary>
internal static unsafe partial class LibSsl
{
    internal const string Name = "libssl.so.3";
    private const string Crypto = Media.Native.Crypto.LibCrypto.Name;

    internal const ulong NoAtExit = 0x0008_0000;

    internal const ulong OptionNoQueryMtu = 1UL << 12;
    internal const ulong OptionNoTicket = 1UL << 14;
    internal const ulong OptionNoCompression = 1UL << 17;
    internal const ulong OptionCipherServerPreference = 1UL << 22;
    internal const ulong OptionNoRenegotiation = 1UL << 30;

    internal const int ControlSetMtu = 17;
    internal const int ControlSetSessionCacheMode = 44;
    internal const int ControlSetMaxCertificateList = 51;
    internal const int ControlDtlsGetTimeout = 73;
    internal const int ControlDtlsHandleTimeout = 74;
    internal const int ControlSetGroupsList = 92;
    internal const int ControlSetMinVersion = 123;
    internal const int ControlSetMaxVersion = 124;

    internal const int Dtls12 = 0xFEFD;
    internal const int VerifyPeerAndFailWithout = 0x01 | 0x02;
    internal const int KeyTypeEc = 408;
    internal const int CertificateRejected = 28; // X509_V_ERR_CERT_REJECTED

    internal const int ErrorSsl = 1;
    internal const int ErrorWantRead = 2;
    internal const int ErrorWantWrite = 3;
    internal const int ErrorZeroReturn = 6;

    internal const int BioControlReset = 1;
    internal const int BioControlInfo = 3;

    /// <summary>
    /// OpenSSL must not tear itself down in an exit handler while other threads still hold calls; the first initialization decides.
    /// </summary>
    static LibSsl() => _ = Initialize(NoAtExit, 0);

    [LibraryImport(Name, EntryPoint = "OPENSSL_init_ssl")]
    private static partial int Initialize(ulong options, nint settings);

    [LibraryImport(Name, EntryPoint = "DTLS_method")]
    internal static partial nint DtlsMethod();

    [LibraryImport(Name, EntryPoint = "SSL_CTX_new")]
    internal static partial SslContextHandle NewContext(nint method);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_free")]
    internal static partial void FreeContext(nint context);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_ctrl")]
    internal static partial nint ControlContext(SslContextHandle context, int command, nint argument, nint pointer);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ControlContext(SslContextHandle context, int command, nint argument, string text);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_options")]
    internal static partial ulong SetContextOptions(SslContextHandle context, ulong options);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_cipher_list", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetCipherList(SslContextHandle context, string ciphers);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_tlsext_use_srtp", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetUseSrtp(SslContextHandle context, string profiles); // 0 is success

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_verify")]
    internal static partial void SetVerify(SslContextHandle context, int mode, nint callback);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_cert_verify_callback")]
    internal static partial void SetVerifyCallback(SslContextHandle context, delegate* unmanaged<nint, nint, int> callback, nint argument);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_use_certificate_ASN1")]
    internal static partial int UseCertificate(SslContextHandle context, int length, ReadOnlySpan<byte> der);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_use_PrivateKey_ASN1")]
    internal static partial int UsePrivateKey(int type, SslContextHandle context, ReadOnlySpan<byte> der, nint length);

    [LibraryImport(Name, EntryPoint = "SSL_new")]
    internal static partial SslHandle NewSsl(SslContextHandle context);

    [LibraryImport(Name, EntryPoint = "SSL_free")]
    internal static partial void FreeSsl(nint ssl);

    [LibraryImport(Name, EntryPoint = "SSL_set_ex_data")]
    internal static partial int SetExData(SslHandle ssl, int index, nint data);

    [LibraryImport(Name, EntryPoint = "SSL_get_ex_data")]
    internal static partial nint GetExData(nint ssl, int index);

    [LibraryImport(Name, EntryPoint = "SSL_get_ex_data_X509_STORE_CTX_idx")]
    internal static partial int GetStoreContextIndex();

    [LibraryImport(Name, EntryPoint = "SSL_set_bio")]
    internal static partial void SetBio(SslHandle ssl, nint read, nint write);

    [LibraryImport(Name, EntryPoint = "SSL_set_connect_state")]
    internal static partial void SetConnectState(SslHandle ssl);

    [LibraryImport(Name, EntryPoint = "SSL_set_accept_state")]
    internal static partial void SetAcceptState(SslHandle ssl);

    [LibraryImport(Name, EntryPoint = "SSL_ctrl")]
    internal static partial nint ControlSsl(SslHandle ssl, int command, nint argument, void* pointer);

    [LibraryImport(Name, EntryPoint = "DTLS_set_timer_cb")]
    internal static partial void SetTimerCallback(SslHandle ssl, delegate* unmanaged<nint, uint, uint> callback);

    [LibraryImport(Name, EntryPoint = "SSL_do_handshake")]
    internal static partial int DoHandshake(SslHandle ssl);

    [LibraryImport(Name, EntryPoint = "SSL_read")]
    internal static partial int Read(SslHandle ssl, byte* buffer, int length);

    [LibraryImport(Name, EntryPoint = "SSL_shutdown")]
    internal static partial int Shutdown(SslHandle ssl);

    [LibraryImport(Name, EntryPoint = "SSL_get_error")]
    internal static partial int GetError(SslHandle ssl, int result);

    [LibraryImport(Name, EntryPoint = "SSL_alert_desc_string_long")]
    private static partial nint GetAlertText(int alert);

    /// <summary>"bad certificate"; "unknown" for one that has no name.</summary>
    internal static string AlertText(byte alert) => Marshal.PtrToStringUTF8(GetAlertText(alert)) ?? "unknown";

    [LibraryImport(Name, EntryPoint = "SSL_get_selected_srtp_profile")]
    internal static partial SrtpProtectionProfile* GetSelectedSrtpProfile(SslHandle ssl);

    [LibraryImport(Name, EntryPoint = "SSL_export_keying_material")]
    internal static partial int ExportKeyingMaterial(
        SslHandle ssl, byte* output, nuint length, byte* label, nuint labelLength, byte* context, nuint contextLength, int useContext);

    [LibraryImport(Crypto, EntryPoint = "BIO_s_mem")]
    internal static partial nint MemoryMethod();

    [LibraryImport(Crypto, EntryPoint = "BIO_new")]
    internal static partial nint NewBio(nint method);

    [LibraryImport(Crypto, EntryPoint = "BIO_free")]
    internal static partial int FreeBio(nint bio);

    [LibraryImport(Crypto, EntryPoint = "BIO_write")]
    internal static partial int WriteBio(nint bio, byte* data, int length);

    [LibraryImport(Crypto, EntryPoint = "BIO_read")]
    internal static partial int ReadBio(nint bio, byte* data, int length);

    [LibraryImport(Crypto, EntryPoint = "BIO_ctrl")]
    internal static partial nint ControlBio(nint bio, int command, nint argument, void* pointer);

    [LibraryImport(Crypto, EntryPoint = "X509_STORE_CTX_get_ex_data")]
    internal static partial nint GetStoreContextExData(nint storeContext, int index);

    [LibraryImport(Crypto, EntryPoint = "X509_STORE_CTX_get0_cert")]
    internal static partial nint GetStoreContextCertificate(nint storeContext);

    [LibraryImport(Crypto, EntryPoint = "X509_STORE_CTX_set_error")]
    internal static partial void SetStoreContextError(nint storeContext, int error);

    [LibraryImport(Crypto, EntryPoint = "X509_digest")]
    internal static partial int DigestCertificate(nint certificate, nint digest, byte* output, out uint length);

    [LibraryImport(Crypto, EntryPoint = "EVP_sha256")]
    internal static partial nint Sha256();

    [LibraryImport(Crypto, EntryPoint = "EVP_sha384")]
    internal static partial nint Sha384();

    [LibraryImport(Crypto, EntryPoint = "EVP_sha512")]
    internal static partial nint Sha512();
}

/// <summary>OpenSSL's SRTP_PROTECTION_PROFILE (openssl/srtp.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SrtpProtectionProfile
{
    internal byte* Name;
    internal nuint Id;
}

/// <summary>struct timeval (sys/time.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeValue
{
    internal nint Seconds;
    internal nint Microseconds;
}
