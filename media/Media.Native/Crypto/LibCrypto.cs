using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Media.Native.Crypto;

internal sealed class CipherContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.FreeCipherContext(handle);
        return true;
    }
}

/// <summary>OpenSSL's SHA_CTX (openssl/sha.h): chaining value (5 words), bit count (2), block (16) and fill (1).</summary>
[InlineArray(24)]
internal struct Sha1Context
{
    private uint _word;
}

/// <summary>The part of OpenSSL 3's libcrypto that is used.</summary>
internal static unsafe partial class LibCrypto
{
    internal const string Name = "libcrypto.so.3";

    internal const int GcmGetTag = 0x10;
    internal const int GcmSetTag = 0x11;

    [LibraryImport(Name, EntryPoint = "OpenSSL_version_num")]
    internal static partial nuint GetVersionNumber();

    [LibraryImport(Name, EntryPoint = "OpenSSL_version")]
    internal static partial byte* GetVersion(int what);

    [LibraryImport(Name, EntryPoint = "ERR_get_error")]
    internal static partial nuint GetError();

    [LibraryImport(Name, EntryPoint = "ERR_peek_error")]
    internal static partial nuint PeekError();

    [LibraryImport(Name, EntryPoint = "ERR_clear_error")]
    internal static partial void ClearErrors();

    [LibraryImport(Name, EntryPoint = "ERR_reason_error_string")]
    internal static partial byte* GetReasonString(nuint error);

    [LibraryImport(Name, EntryPoint = "EVP_aes_128_ctr")]
    internal static partial nint Aes128Ctr();

    [LibraryImport(Name, EntryPoint = "EVP_aes_128_gcm")]
    internal static partial nint Aes128Gcm();

    [LibraryImport(Name, EntryPoint = "EVP_CIPHER_CTX_new")]
    internal static partial CipherContextHandle NewCipherContext();

    [LibraryImport(Name, EntryPoint = "EVP_CIPHER_CTX_free")]
    internal static partial void FreeCipherContext(nint context);

    [LibraryImport(Name, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    internal static partial int ControlCipher(CipherContextHandle context, int type, int argument, void* pointer);

    [LibraryImport(Name, EntryPoint = "EVP_CipherInit_ex")]
    internal static partial int InitCipher(CipherContextHandle context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Name, EntryPoint = "EVP_CipherUpdate")]
    internal static partial int UpdateCipher(CipherContextHandle context, byte* output, out int written, byte* input, int length);

    [LibraryImport(Name, EntryPoint = "EVP_CipherFinal_ex")]
    internal static partial int FinishCipher(CipherContextHandle context, byte* output, out int written);

    [LibraryImport(Name, EntryPoint = "SHA1_Init")]
    internal static partial int InitSha1(Sha1Context* context);

    [LibraryImport(Name, EntryPoint = "SHA1_Update")]
    internal static partial int UpdateSha1(Sha1Context* context, byte* data, nuint length);

    [LibraryImport(Name, EntryPoint = "SHA1_Final")]
    internal static partial int FinishSha1(byte* digest, Sha1Context* context);
}
